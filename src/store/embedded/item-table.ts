import type { ItemFilter } from '../filter.ts';
import { compileFilter } from '../filter-match.ts';
import { createKnownValues, type KnownValues } from '../known-values.ts';
import { compareIds } from '../ranking.ts';
import type { AttributeType, FacetCounts, ItemRecord, ListPage, ValueCount } from '../vector-store.ts';

export interface TableItem {
  record: ItemRecord;
  /** Rows of its segments, in order. */
  rows: number[];
}

interface ItemSelection {
  filter: ItemFilter | null;
  excludeIds: readonly string[];
}

/** The items of one modality, each in a slot that stays its own while it is held. */
export interface ItemTable {
  readonly size: number;
  find(itemId: string): TableItem | undefined;
  at(slot: number): TableItem;
  /** Adds or replaces; returns the slot. */
  put(item: TableItem): number;
  remove(itemId: string): TableItem | undefined;
  /** By slot 1 where the item is selected. Not to be changed. */
  mask(selection: ItemSelection): Uint8Array;
  count(selection: ItemSelection): number;
  facets(selection: ItemSelection, attributes: readonly AttributeType[]): FacetCounts;
  list(selection: ItemSelection, first: number, after: string | null): ListPage;
  /** Of all items, until one changes. */
  knownValues(): KnownValues;
}

/** Masks kept for filters asked again, such as on the next page or with another α. */
const MAX_MASKS = 32;

export function createItemTable(): ItemTable {
  const items: (TableItem | null)[] = [];
  const slots = new Map<string, number>();
  const freeSlots: number[] = [];
  const masks = new Map<string, Uint8Array>();
  let sortedSlots: number[] | null = null;
  let knownValues: KnownValues | null = null;

  const forget = () => {
    masks.clear();
    sortedSlots = null;
    knownValues = null;
  };

  const at = (slot: number): TableItem => {
    const item = items[slot];
    if (!item) throw new Error(`There is no item in slot ${slot}.`);
    return item;
  };

  const filterMask = (filter: ItemFilter | null): Uint8Array => {
    const key = JSON.stringify(filter);
    let mask = masks.get(key);
    if (!mask) {
      const matches = compileFilter(filter);
      mask = Uint8Array.from(items, (item) => (item && matches(item.record) ? 1 : 0));
      if (masks.size >= MAX_MASKS) masks.delete(masks.keys().next().value as string);
    }
    masks.delete(key);
    masks.set(key, mask);
    return mask;
  };

  const mask = ({ filter, excludeIds }: ItemSelection): Uint8Array => {
    const filtered = filterMask(filter);
    const excluded = excludeIds.map((id) => slots.get(id)).filter((slot) => slot !== undefined);
    if (excluded.length === 0) return filtered;
    const result = filtered.slice();
    for (const slot of excluded) result[slot] = 0;
    return result;
  };

  const selected = function* (selection: ItemSelection): Generator<ItemRecord> {
    const isSelected = mask(selection);
    for (let slot = 0; slot < items.length; slot++) if (isSelected[slot]) yield at(slot).record;
  };

  const slotsById = () => {
    sortedSlots ??= [...slots].sort(([a], [b]) => compareIds(a, b)).map(([, slot]) => slot);
    return sortedSlots;
  };

  return {
    get size() {
      return slots.size;
    },
    find: (itemId) => {
      const slot = slots.get(itemId);
      return slot === undefined ? undefined : at(slot);
    },
    at,
    put(item) {
      forget();
      const slot = slots.get(item.record.id) ?? freeSlots.pop() ?? items.length;
      items[slot] = item;
      slots.set(item.record.id, slot);
      return slot;
    },
    remove(itemId) {
      const slot = slots.get(itemId);
      if (slot === undefined) return undefined;
      forget();
      const item = at(slot);
      items[slot] = null;
      slots.delete(itemId);
      freeSlots.push(slot);
      return item;
    },
    mask,
    count: (selection) => mask(selection).reduce((sum, isSelected) => sum + isSelected, 0),
    facets(selection, attributes) {
      const genres = new Map<string, number>();
      const byName = countersByName(attributes);
      for (const record of selected(selection)) {
        for (const genre of new Set(record.genres)) increment(genres, genre);
        for (const { name, value } of distinctAttributes(record)) increment(countersOf(byName, name), value);
      }
      return {
        genres: toValueCounts(genres),
        attributes: describe(byName, attributes),
      };
    },
    list(selection, first, after) {
      const isSelected = mask(selection);
      const sorted = slotsById();
      const itemIds: string[] = [];
      let position = after === null ? 0 : firstBehind(sorted, (slot) => at(slot).record.id, after);
      for (; position < sorted.length && itemIds.length <= first; position++) {
        if (isSelected[sorted[position]]) itemIds.push(at(sorted[position]).record.id);
      }
      return { itemIds: itemIds.slice(0, first), hasNextPage: itemIds.length > first };
    },
    knownValues() {
      knownValues ??= createKnownValues([...selected({ filter: null, excludeIds: [] })]);
      return knownValues;
    },
  };
}

type Counters = Map<string, Map<string, number>>;

/** The recorded attributes come first, in the library's order, even where no item carries them. */
function countersByName(attributes: readonly AttributeType[]): Counters {
  return new Map(attributes.map(({ name }) => [name, new Map()]));
}

function countersOf(byName: Counters, name: string): Map<string, number> {
  let counters = byName.get(name);
  if (!counters) {
    counters = new Map();
    byName.set(name, counters);
  }
  return counters;
}

function increment(counters: Map<string, number>, value: string): void {
  counters.set(value, (counters.get(value) ?? 0) + 1);
}

function distinctAttributes({ attributes }: ItemRecord): ItemRecord['attributes'] {
  return attributes.filter(
    ({ name, value }, index) =>
      attributes.findIndex((other) => other.name === name && other.value === value) === index,
  );
}

function toValueCounts(counters: Map<string, number>): ValueCount[] {
  return [...counters]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareIds(a.value, b.value));
}

function describe(
  byName: Counters,
  attributes: readonly AttributeType[],
): (AttributeType & { values: ValueCount[] })[] {
  const numbers = new Set(attributes.filter(({ isNumber }) => isNumber).map(({ name }) => name));
  return [...byName].map(([name, counters]) => ({
    name,
    isNumber: numbers.has(name),
    values: toValueCounts(counters),
  }));
}

/** Index of the first slot whose id sorts behind `id`. */
function firstBehind(sorted: readonly number[], idOf: (slot: number) => string, id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(idOf(sorted[middle]), id) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
