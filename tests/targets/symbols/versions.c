/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One name in two versions, and one that has only an old version. */
int open_old(void)
{
	return 1;
}

int open_new(void)
{
	return 2;
}

int gone_old(void)
{
	return 3;
}

__asm__(".symver open_old, store_open@STORE_1");
__asm__(".symver open_new, store_open@@STORE_2");
__asm__(".symver gone_old, store_gone@STORE_1");
