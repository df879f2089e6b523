import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** A field of a document, or its root: whatever selects. */
export type Selecting = Pick<FieldNode, 'selectionSet'>;

/** What is selected of an object, fragments spread and equal response keys joined. */
export interface SelectedFields {
  /** One entry per response key: the nodes that ask for it. */
  fields: (readonly FieldNode[])[];
  /** Selections that were read for it, those left out and joined among them. */
  read: number;
}

/**
 * Reads what a valid document selects, as an execution would, and counts what it read, which an execution reads too.
 * Each place is read once, however often fragments bring the walk back to it; `keyOf` names a place.
 */
export function createSelectionReader(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  const ids = new Map<Selecting, number>();
  const idOf = (node: Selecting): number => {
    const id = ids.get(node) ?? ids.size;
    ids.set(node, id);
    return id;
  };
  const keyOf = (type: GraphQLObjectType, nodes: readonly Selecting[]): string =>
    `${type.name} ${nodes.map(idOf).join(' ')}`;

  const isIncluded = (selection: SelectionNode): boolean =>
    !selection.directives?.length ||
    (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false);

  const appliesTo = (type: GraphQLObjectType, condition: NamedTypeNode | undefined): boolean => {
    if (!condition || condition.name.value === type.name) return true;
    const conditional = schema.getType(condition.name.value);
    return isAbstractType(conditional) && schema.isSubType(conditional, type);
  };

  const read = (type: GraphQLObjectType, nodes: readonly Selecting[]): SelectedFields => {
    const byResponseKey = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    let selectionsRead = 0;
    const readSet = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        selectionsRead++;
        if (!isIncluded(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          const responseKey = (selection.alias ?? selection.name).value;
          const same = byResponseKey.get(responseKey);
          if (same) same.push(selection);
          else byResponseKey.set(responseKey, [selection]);
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          if (spread.has(selection.name.value)) continue;
          spread.add(selection.name.value);
        }
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        if (fragment && appliesTo(type, fragment.typeCondition)) readSet(fragment.selectionSet);
      }
    };
    for (const { selectionSet } of nodes) if (selectionSet) readSet(selectionSet);
    return { fields: [...byResponseKey.values()], read: selectionsRead };
  };

  const known = new Map<string, SelectedFields>();
  return {
    keyOf,
    select(type: GraphQLObjectType, nodes: readonly Selecting[]): SelectedFields {
      const key = keyOf(type, nodes);
      const selected = known.get(key) ?? read(type, nodes);
      known.set(key, selected);
      return selected;
    },
  };
}
