import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { createSelectionReader, type Selecting } from './selections.ts';

/** Places of a document that are counted. Documents that don't aim at it stay far below. */
const MAX_PLACES = 20_000;
/** What a list of objects counts for that no argument bounds: an item's attributes, a search's warnings. */
const ASSUMED_LENGTH = 10;
/** What goes over the library beside pages. */
const COUNTS: ReadonlySet<string> = new Set(['facets', 'totalCount', 'warnings']);

interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Coerced, with defaults. */
  variables: Record<string, unknown>;
  /** A page never holds more, whatever is asked for. */
  maxFirst: number;
  /** Where counting may stop: introspection is not counted further. */
  maxFields: number;
}

/** What an operation asks for, known before it runs. */
export interface Cost {
  /**
   * What goes over the library: every page (`hits`, `tracks`, `videos`) and every `facets`, `totalCount` and
   * `warnings` field counts one, and `hits` with a `rank` inside `ssl` or `sup` two more.
   */
  searches: number;
  /**
   * At most so many fields has the answer, a list's values counted one by one. Every selection counts one, also one
   * that @skip leaves out. Infinite where the document is too entangled to be counted.
   */
  fields: number;
}

interface PlaceCost extends Cost {
  /** Whether the rank in a space is selected of the hits that this place belongs to. */
  ranks: boolean;
}

/**
 * Counts searches and fields, both as often as the lists around them can repeat them (the product of their `first`).
 * Of alternatives by type the dearest counts. The work is bounded by the document's size, not by what it asks for:
 * each place is counted once, for one time.
 */
export function measureOperation({
  schema,
  document,
  operation,
  variables,
  maxFirst,
  maxFields,
}: Operation): Cost {
  const selections = createSelectionReader(schema, document, variables);
  const known = new Map<string, PlaceCost>();
  let places = 0;

  const costOfType = (type: GraphQLNamedType, nodes: readonly Selecting[], edges: number): PlaceCost => {
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    const costs = types.map((one) => costOfObject(one, nodes, edges));
    return {
      searches: Math.max(0, ...costs.map(({ searches }) => searches)),
      fields: Math.max(0, ...costs.map(({ fields }) => fields)),
      ranks: costs.some(({ ranks }) => ranks),
    };
  };

  /** What is selected of one object; where that is a connection, of a page of so many edges. */
  const costOfObject = (type: GraphQLObjectType, nodes: readonly Selecting[], edges: number): PlaceCost => {
    const key = `${selections.keyOf(type, nodes)} ${edges}`;
    let cost = known.get(key);
    if (!cost) {
      if (places > MAX_PLACES) return UNCOUNTED;
      const selected = selections.select(type, nodes);
      places += selected.read;
      cost = { searches: 0, fields: selected.read, ranks: false };
      for (const field of selected.fields) add(cost, costOfField(type, field, edges));
      known.set(key, cost);
    }
    return cost;
  };

  /** A field, apart from the one that it counts as a selection. */
  const costOfField = (type: GraphQLObjectType, nodes: readonly FieldNode[], edges: number): PlaceCost => {
    const name = nodes[0].name.value;
    if (name === SchemaMetaFieldDef.name || name === TypeMetaFieldDef.name)
      return { searches: 0, fields: introspectedFields(name, nodes), ranks: false };
    const field = type.getFields()[name];
    if (!field) return { searches: 0, fields: 0, ranks: false }; // __typename
    const inner = getNamedType(field.type);
    const size = sizeOf(field, nodes[0]);
    const isPage = isConnection(inner);
    const below = costOfType(inner, nodes, isPage ? (size ?? 1) : 1);
    const times = isConnection(type) && name === 'edges' ? edges : timesOf(field, size);
    const own = !isPage && !COUNTS.has(name) ? 0 : name === 'hits' && below.ranks ? 3 : 1;
    const values = isListType(getNullableType(field.type)) ? (size ?? 0) : 0;
    return {
      searches: own + repeat(below.searches, times),
      fields: values + repeat(below.fields, times),
      ranks: type.name === 'SpaceScore' ? name === 'rank' : RANK_PATH.has(name) && below.ranks,
    };
  };

  /** The argument that bounds a list, as it will be used. A wrong one is refused when its field runs: nothing. */
  const sizeOf = (field: GraphQLField<unknown, unknown>, node: FieldNode): number | null => {
    if (!field.args.some(({ name }) => name === 'first' || name === 'count')) return null;
    const { first, count } = argumentsOf(field, node) ?? { first: 0 };
    const size = Math.max(0, Number(first ?? count));
    return isConnection(getNamedType(field.type)) ? Math.min(size, maxFirst) : size;
  };
  const argumentsOf = (field: GraphQLField<unknown, unknown>, node: FieldNode) => {
    try {
      return getArgumentValues(field, node, variables);
    } catch {
      return null;
    }
  };

  /** Introspection answers from the schema alone, so its size is counted by reading it. */
  let introspected = 0;
  const introspectedFields = (name: string, nodes: readonly FieldNode[]): number => {
    const before = introspected;
    const meta = name === SchemaMetaFieldDef.name ? SchemaMetaFieldDef : TypeMetaFieldDef;
    introspect(meta, nodes, undefined);
    return introspected - before;
  };
  const introspect = (
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
    source: unknown,
  ): void => {
    const type = getNamedType(field.type);
    const given = argumentsOf(field, nodes[0]);
    if (!isObjectType(type) || !given || introspected > maxFields) return;
    const values = field.resolve?.(source, given, null, { schema } as GraphQLResolveInfo);
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value == null) continue;
      const selected = selections.select(type, nodes);
      introspected += selected.read;
      for (const inner of selected.fields) {
        const innerField = type.getFields()[inner[0].name.value];
        if (innerField) introspect(innerField, inner, value);
      }
    }
  };

  const root = schema.getRootType(operation.operation);
  if (!root) return { searches: 0, fields: 0 };
  const { searches, fields } = costOfObject(root, [operation], 1);
  return { searches, fields };
}

/** Fields that lead from `hits` to a rank in a space. */
const RANK_PATH: ReadonlySet<string> = new Set(['edges', 'ssl', 'sup']);

const UNCOUNTED: PlaceCost = { searches: 0, fields: Number.POSITIVE_INFINITY, ranks: false };

function add(cost: PlaceCost, more: PlaceCost): void {
  cost.searches += more.searches;
  cost.fields += more.fields;
  cost.ranks ||= more.ranks;
}

const isConnection = (type: GraphQLNamedType): boolean => type.name.endsWith('Connection');

/** How often a field's value is there: once, or as often as its list is long. */
function timesOf({ type }: GraphQLField<unknown, unknown>, size: number | null): number {
  return isListType(getNullableType(type)) ? (size ?? ASSUMED_LENGTH) : 1;
}

/** Not a plain product, which is not a number where an infinite cost is repeated no times. */
const repeat = (cost: number, times: number): number => (times === 0 ? 0 : cost * times);
