#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --exe with an executable that does not exist is refused at once when it is a path.
. tests/lib/e2e.sh

weir_refuses 1 'no-such-program' stat --exe "$T/no-such-program" -f 'x:y' -d 1
