/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/address_set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

static size_t slot_of(const struct address_set *set, uint64_t address)
{
	size_t at = (size_t)(address_hash(address) >> 20) & (set->slots - 1);

	while (set->addresses[at] && set->addresses[at] != address)
		at = (at + 1) & (set->slots - 1);
	return at;
}

static int grow(struct address_set *set)
{
	size_t slots = set->slots ? 2 * set->slots : SLOTS_FIRST;
	struct address_set grown = *set;

	grown.addresses = calloc(slots, sizeof(*grown.addresses));
	grown.numbers = calloc(slots, sizeof(*grown.numbers));
	grown.slots = slots;
	if (!grown.addresses || !grown.numbers) {
		address_set_free(&grown);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->slots; i++) {
		size_t at;

		if (!set->addresses[i])
			continue;
		at = slot_of(&grown, set->addresses[i]);
		grown.addresses[at] = set->addresses[i];
		grown.numbers[at] = set->numbers[i];
	}
	free(set->addresses);
	free(set->numbers);
	*set = grown;
	return 0;
}

static void widen(struct address_set *set, uint64_t address)
{
	uint64_t highest = set->lowest + set->span;

	if (!set->count || address < set->lowest)
		set->lowest = address;
	if (!set->count || address > highest)
		highest = address;
	set->span = highest - set->lowest;
}

int address_set_add(struct address_set *set, uint64_t address, uint32_t number)
{
	uint64_t bit = address_hash(address) >> (64 - ADDRESS_SET_BLOOM_BITS);
	size_t at;

	assert(address);
	if (2 * set->count >= set->slots && grow(set))
		return -ENOMEM;
	at = slot_of(set, address);
	if (set->addresses[at])
		return 0;
	widen(set, address);
	set->addresses[at] = address;
	set->numbers[at] = number;
	set->bloom[bit / 64] |= 1ULL << (bit % 64);
	set->count++;
	return 0;
}

void address_set_free(struct address_set *set)
{
	free(set->addresses);
	free(set->numbers);
	*set = (struct address_set){ 0 };
}

bool address_set_search(const struct address_set *set, uint64_t address, uint32_t *ret_number)
{
	size_t at;

	if (!address || !set->count)
		return false;
	at = slot_of(set, address);
	if (!set->addresses[at])
		return false;
	*ret_number = set->numbers[at];
	return true;
}
