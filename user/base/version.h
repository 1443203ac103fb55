/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version, in one place: the build passes -DWEIR_VERSION="\"1.2.3\"", everything else asks here. */
#ifndef WEIR_VERSION_H
#define WEIR_VERSION_H

#ifndef WEIR_VERSION
#define WEIR_VERSION "0.0.0-dev"
#endif

#endif
