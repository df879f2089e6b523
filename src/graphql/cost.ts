import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';

/** Counting ends here: an operation this costly is refused whatever more it asks for. */
const MAX_COUNTED = 100_000;

interface Operation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Coerced, with defaults. */
  variables: Record<string, unknown>;
  /** A page never holds more, whatever is asked for. */
  maxFirst: number;
}

type Fields = Map<string, readonly FieldNode[]>;

/**
 * The number of searches that an operation asks for, known before it runs: every `hits` and `facets` field counts
 * as often as the lists around it can repeat it (the product of their `first`), and every `hits` field
 * with a `rank` inside `ssl` or `sup` counts two more. Fields that @skip and @include leave out don't count; of
 * alternatives by type the dearest counts.
 */
export function countSearches({ schema, document, operation, variables, maxFirst }: Operation): number {
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;

  let counted = 0;

  const costOfType = (type: GraphQLNamedType, nodes: readonly FieldNode[], times: number): number => {
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    return Math.max(
      0,
      ...types.map((one) =>
        costOfFields(one, collectSubfields(schema, fragments, variables, one, nodes), times),
      ),
    );
  };

  const costOfFields = (type: GraphQLObjectType, fields: Fields, times: number): number => {
    let cost = 0;
    for (const nodes of fields.values()) cost += costOfField(type, nodes, times);
    return cost;
  };

  const costOfField = (type: GraphQLObjectType, nodes: readonly FieldNode[], times: number): number => {
    const name = nodes[0].name.value;
    const field = type.getFields()[name];
    if (!field || counted > MAX_COUNTED) return 0;
    const hasHits = name === 'hits';
    let own = hasHits || name === 'facets' ? times : 0;
    if (hasHits && selectsRank(getNamedType(field.type), nodes)) own += 2 * times;
    counted += own;
    const repeats = isConnection(getNamedType(field.type)) ? pageSize(type, nodes[0]) : 1;
    return own + (repeats > 0 ? costOfType(getNamedType(field.type), nodes, times * repeats) : 0);
  };

  /** Whether the page's own hits are asked for their rank in a space; those of searches further in don't matter. */
  const selectsRank = (type: GraphQLNamedType, nodes: readonly FieldNode[]): boolean => {
    if (!isObjectType(type)) return false;
    return [...collectSubfields(schema, fragments, variables, type, nodes)].some(([, inner]) => {
      const name = inner[0].name.value;
      if (type.name === 'SpaceScore') return name === 'rank';
      if (name !== 'edges' && name !== 'ssl' && name !== 'sup') return false;
      return selectsRank(getNamedType(type.getFields()[name].type), inner);
    });
  };

  /** `first` as it will be used. A wrong one is refused when its field runs, so here it repeats nothing. */
  const pageSize = (type: GraphQLObjectType, node: FieldNode): number => {
    try {
      const { first } = getArgumentValues(type.getFields()[node.name.value], node, variables);
      return typeof first === 'number' ? Math.min(first, maxFirst) : 1;
    } catch {
      return 0;
    }
  };

  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const fields = collectFields(schema, fragments, variables, root, operation.selectionSet);
  return costOfFields(root, fields, 1);
}

const isConnection = (type: GraphQLNamedType) => type.name.endsWith('Connection');
