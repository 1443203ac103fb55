/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, each with a number; looked up for every few bytes of a module's text, and nearly always in vain. */
#ifndef WEIR_ADDRESS_SET_H
#define WEIR_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_SET_BLOOM_BITS 16

struct address_set {
	uint64_t *addresses; /* 0: free; a power of two of them; owned */
	uint32_t *numbers;   /* owned */
	size_t slots, count;
	uint64_t lowest, span; /* all lie in [lowest, lowest + span] */
	uint64_t bloom[(1 << ADDRESS_SET_BLOOM_BITS) / 64];
};

/* `address` is not 0. The first number of an address stays. Returns 0 or -ENOMEM. */
int address_set_add(struct address_set *set, uint64_t address, uint32_t number);
void address_set_free(struct address_set *set);

/* The slow part of address_set_find(). */
bool address_set_search(const struct address_set *set, uint64_t address, uint32_t *ret_number);

static inline uint64_t address_hash(uint64_t address)
{
	return address * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio: Knuth, TAOCP 3, 6.4 */
}

static inline bool address_set_find(const struct address_set *set, uint64_t address, uint32_t *ret_number)
{
	uint64_t bit;

	if (address - set->lowest > set->span)
		return false;
	bit = address_hash(address) >> (64 - ADDRESS_SET_BLOOM_BITS);
	return set->bloom[bit / 64] >> (bit % 64) & 1 && address_set_search(set, address, ret_number);
}

#endif
