#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct return_site { uint32_t offset; bool value_intact; };
struct leave_points { bool tails, complete; uint32_t *rets; size_t rets_count; };
int site_of_return_address(const uint8_t *before, size_t before_size, const uint8_t *code, size_t size, struct return_site *ret);
int site_find_leaves(const uint8_t *code, size_t size, bool complete, struct leave_points *ret);
void leave_points_free(struct leave_points *p);
