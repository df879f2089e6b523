/** The server refuses a request. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Payload = Record<string, unknown>;
interface Point {
  id: string;
  payload: Payload;
  vector: Record<string, number[]>;
}
type Collection = Map<string, Point>;
// Bodies are checked against the OpenAPI document elsewhere; here they are read as they come.
// biome-ignore lint/suspicious/noExplicitAny: a request's body
type Body = any;

/** Qdrant's collections as plain maps: the operations that the adapter uses, compared by brute force. */
export function createCollectionsInMemory() {
  const collections = new Map<string, Collection>();

  const find = (name: string): Collection => {
    const collection = collections.get(name);
    if (!collection) throw new Refusal(404, `Collection ${name} doesn't exist!`);
    return collection;
  };
  const select = (collection: Collection, { points, filter }: Body): Point[] =>
    points
      ? points.map((id: string) => collection.get(id)).filter(Boolean)
      : [...collection.values()].filter((point) => matches(point, filter));

  const operations: Record<string, (collection: Collection, body: Body) => unknown> = {
    'PUT points': (collection, { points, update_filter, update_mode }) => {
      for (const point of points) {
        const held = collection.get(point.id);
        if (
          held
            ? update_mode === 'insert_only' || !matches(held, update_filter)
            : update_mode === 'update_only'
        )
          continue;
        collection.set(point.id, structuredClone({ payload: {}, ...point }));
      }
      return {};
    },
    'POST points': (collection, { ids, with_payload, with_vector }) =>
      ids
        .map((id: string) => collection.get(id))
        .filter(Boolean)
        .map((point: Point) => show(point, with_payload, with_vector)),
    'POST points/delete': (collection, body) => {
      for (const { id } of select(collection, body)) collection.delete(id);
      return {};
    },
    'POST points/payload': (collection, body) => {
      for (const point of select(collection, body)) Object.assign(point.payload, body.payload);
      return {};
    },
    'POST points/payload/delete': (collection, body) => {
      for (const point of select(collection, body)) for (const key of body.keys) delete point.payload[key];
      return {};
    },
    'POST points/count': (collection, body) => ({ count: select(collection, body).length }),
    'POST points/scroll': (collection, { filter, limit, offset, order_by, with_payload, with_vector }) => {
      const found = select(collection, { filter }).sort((a, b) => (a.id < b.id ? -1 : 1));
      if (order_by) {
        const orderOf = (point: Point) => point.payload[order_by.key] as number;
        const from = order_by.start_from ?? -Infinity;
        const ordered = found
          .filter((point) => orderOf(point) >= from)
          .sort((a, b) => orderOf(a) - orderOf(b));
        return { points: ordered.slice(0, limit).map((point) => show(point, with_payload)) };
      }
      const rest = found.filter(({ id }) => offset === undefined || id >= offset);
      return {
        points: rest.slice(0, limit).map((point) => show(point, with_payload, with_vector)),
        next_page_offset: rest[limit]?.id ?? null,
      };
    },
    'POST facet': (collection, { key, filter, limit }) => {
      const counts = new Map<unknown, number>();
      for (const point of select(collection, { filter })) {
        for (const value of new Set(valuesAt(point.payload, key))) {
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
      }
      return { hits: [...counts].map(([value, count]) => ({ value, count })).slice(0, limit) };
    },
    'POST points/query/batch': (collection, { searches }) =>
      searches.map((search: Body) => ({ points: query(collection, search) })),
  };

  const query = (collection: Collection, search: Body): Body[] => {
    const { using, limit, filter, prefetch, with_payload } = search;
    const nominated = prefetch?.flatMap((part: Body) => query(collection, part)).map(({ id }: Point) => id);
    const points = select(collection, nominated ? { points: [...new Set(nominated)] } : { filter });
    // Without a query, points come by their ids.
    if (!search.query) return points.slice(0, limit).map((point) => show(point, with_payload || []));
    return points
      .filter(({ vector }) => vector[using])
      .map((point) => ({
        ...show(point, with_payload),
        score: Math.fround(product(search.query, point.vector[using])),
      }))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  };

  return {
    answer(method: string, path: string, body: Body): unknown {
      const [, name, rest] = /^\/collections\/([^/]+)\/?(.*)$/.exec(path) ?? [];
      if (name === undefined) throw new Refusal(404, path);
      if (rest === 'exists') return { exists: collections.has(name) };
      if (rest === '' && method === 'PUT') {
        if (collections.has(name)) throw new Refusal(409, `Collection ${name} already exists!`);
        collections.set(name, new Map());
        return true;
      }
      if (rest === '' && method === 'DELETE') return collections.delete(name);
      const collection = find(name);
      if (rest === 'index') return {};
      const operation = operations[`${method} ${rest}`];
      if (!operation) throw new Refusal(404, `${method} ${path}`);
      return operation(collection, body);
    },
  };
}

function show({ id, payload, vector }: Point, fields?: string[] | true, vectors?: string[] | boolean) {
  const names = fields === true ? Object.keys(payload) : (fields ?? []);
  const shown = Object.fromEntries(names.filter((key) => key in payload).map((key) => [key, payload[key]]));
  if (vectors === true) return { id, payload: shown, vector };
  const named = Array.isArray(vectors)
    ? Object.fromEntries(vectors.map((name) => [name, vector[name]]))
    : undefined;
  return { id, payload: shown, vector: named };
}

function product(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function valuesAt(payload: Payload, path: string): unknown[] {
  const value = path.split('.').reduce<unknown>((at, key) => (at as Payload | undefined)?.[key], payload);
  return [value].flat().filter((element) => element !== undefined && element !== null);
}

function matches(point: Point, condition: Body): boolean {
  if (!condition) return true;
  const { must = [], must_not = [], should = [], has_id, key, match, range } = condition;
  if (has_id) return has_id.includes(point.id);
  if (key) {
    return valuesAt(point.payload, key).some((value) => {
      if (match) return 'any' in match ? match.any.includes(value) : match.value === value;
      const number = value as number;
      const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
      return number > gt && number >= gte && number < lt && number <= lte;
    });
  }
  return (
    must.every((part: Body) => matches(point, part)) &&
    !must_not.some((part: Body) => matches(point, part)) &&
    (should.length === 0 || should.some((part: Body) => matches(point, part)))
  );
}
