import { z } from 'zod';
import { UsageError } from '../shared/errors.ts';

/** AudioSet's labels: their names by machine id, and which stands below which. */
export interface Ontology {
  /** Undefined for an id that the ontology lacks. */
  nameOf(id: string): string | undefined;
  /** The ids of the label with this name and of everything below it. UsageError where no label, or several, have it. */
  withDescendants(name: string): ReadonlySet<string>;
}

const ontologySchema = z.array(
  z.object({ id: z.string().min(1), name: z.string().min(1), child_ids: z.array(z.string()) }),
);

/** Reads the text of ontology.json. UsageError where it is none. */
export function parseOntology(text: string, file: string): Ontology {
  const labels = new Map(parseLabels(text, file).map((label) => [label.id, label]));
  return {
    nameOf: (id) => labels.get(id)?.name,
    withDescendants(name) {
      const found = [...labels.values()].filter((label) => label.name.toLowerCase() === name.toLowerCase());
      if (found.length !== 1) {
        throw new UsageError(`${found.length || 'No'} labels of ${file} are named "${name}"; one is needed.`);
      }
      const ids = new Set<string>();
      const waiting = [found[0].id];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (ids.has(id)) continue;
        ids.add(id);
        waiting.push(...(labels.get(id)?.child_ids ?? []));
      }
      return ids;
    },
  };
}

function parseLabels(text: string, file: string): z.infer<typeof ontologySchema> {
  try {
    return ontologySchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${file} is no AudioSet ontology.`, { cause: error });
  }
}
