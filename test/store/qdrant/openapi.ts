import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The part of JSON Schema (OpenAPI 3.0) that Qdrant's document uses. */
interface Schema {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  minLength?: number;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface SentRequest {
  apiKey: string | null;
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/** Says what in a request Qdrant's published OpenAPI document does not allow; empty where all is well. */
export type RequestValidator = (request: Omit<SentRequest, 'apiKey'>) => string[];

const { QDRANT_OPENAPI, REFERENCE_DIR } = process.env;
const documentPath =
  QDRANT_OPENAPI ?? (REFERENCE_DIR ? join(dirname(REFERENCE_DIR), 'qdrant-openapi.json') : '');

/** By the document at QDRANT_OPENAPI, or beside REFERENCE_DIR; null where there is none. */
export const validateRequest: RequestValidator | null = existsSync(documentPath)
  ? createRequestValidator(JSON.parse(readFileSync(documentPath, 'utf8')))
  : null;

function createRequestValidator(document: Document): RequestValidator {
  const routes = Object.keys(document.paths)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
      holes: path.split('{').length,
    }))
    // A literal path beats one with a hole: points/query before points/{id}.
    .sort((a, b) => a.holes - b.holes);

  const check = (value: unknown, schema: Schema, at: string): string[] => {
    if (schema.$ref) {
      const name = schema.$ref.split('/').at(-1) as string;
      return check(value, document.components.schemas[name], at);
    }
    if (value === null && schema.nullable) return [];
    // What is nullable and nothing else, an alternative to a schema, is null alone.
    if (schema.nullable && Object.keys(schema).length === 1) return [`${at}: not null`];
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives) {
      const faults: string[] = [];
      const isFitting = alternatives.some((alternative) => {
        const [first] = check(value, alternative, at);
        if (first !== undefined) faults.push(first);
        return first === undefined;
      });
      if (!isFitting) return [`${at}: none of the alternatives fits (${faults.join(' | ')})`];
    }
    return [
      ...(schema.allOf ?? []).flatMap((part) => check(value, part, at)),
      ...checkOne(value, schema, at),
    ];
  };

  const checkOne = (value: unknown, schema: Schema, at: string): string[] => {
    if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is not listed`];
    switch (schema.type) {
      case 'object':
        return checkObject(value, schema, at);
      case 'array': {
        if (!Array.isArray(value)) return [`${at}: no array`];
        if (value.length < (schema.minItems ?? 0)) return [`${at}: too few elements`];
        return value.flatMap((element, i) => check(element, schema.items ?? {}, `${at}[${i}]`));
      }
      case 'string':
        return typeof value === 'string' && value.length >= (schema.minLength ?? 0)
          ? []
          : [`${at}: no string`];
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${at}: no boolean`];
      case 'integer':
      case 'number': {
        const isNumber = schema.type === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
        if (!isNumber) return [`${at}: ${JSON.stringify(value)} is no ${schema.type}`];
        const number = value as number;
        const isWithin = number >= (schema.minimum ?? -Infinity) && number <= (schema.maximum ?? Infinity);
        return isWithin ? [] : [`${at}: ${number} is out of range`];
      }
      default:
        return [];
    }
  };

  const checkObject = (value: unknown, schema: Schema, at: string): string[] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`];
    const properties = schema.properties ?? {};
    const missing = (schema.required ?? []).filter((name) => !(name in value));
    const faults = missing.map((name) => `${at}: ${name} is missing`);
    for (const [name, property] of Object.entries(value)) {
      const rest = schema.additionalProperties;
      if (properties[name]) faults.push(...check(property, properties[name], `${at}.${name}`));
      else if (typeof rest === 'object') faults.push(...check(property, rest, `${at}.${name}`));
      // Without a word on further ones, the document's objects with named properties have no others.
      else if (rest === false || (rest === undefined && schema.properties)) {
        faults.push(`${at}: ${name} is unknown`);
      }
    }
    return faults;
  };

  /** A query's values are texts: one that reads as JSON may stand for a number or a boolean. */
  const checkParameter = (name: string, text: string, parameters: readonly Parameter[]): string[] => {
    const parameter = parameters.find((known) => known.name === name);
    if (!parameter) return [`the query parameter ${name} is unknown`];
    const faults = [text, parseIfJson(text)].map((value) => check(value, parameter.schema, `?${name}`));
    return faults.some((list) => list.length === 0) ? [] : faults[0];
  };

  return ({ method, path, query, body }) => {
    const route = routes.find(
      ({ pattern, path: template }) => pattern.test(path) && document.paths[template][method.toLowerCase()],
    );
    if (!route) return [`${method} ${path}: no such operation`];
    const operation = document.paths[route.path][method.toLowerCase()];
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    const faults = [...query].flatMap(([name, text]) => checkParameter(name, text, parameters));
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema) faults.push(...check(body, schema, 'body'));
    else if (body !== undefined) faults.push('no body is expected');
    return faults.map((fault) => `${method} ${route.path}: ${fault}`);
  };
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
