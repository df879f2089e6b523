import { ApolloServerErrorCode } from '@apollo/server/errors';
import { type ASTNode, GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { CursorExpiredError } from '../retrieval/search/cursor.ts';
import { BusyError, UnavailableError, UserInputError } from '../shared/errors.ts';

/** What of an error the caller may know, beside its message. */
type PublicExtensions = { code: string } & Record<string, unknown>;

/**
 * The shape of every error that leaves the API:
 * BAD_USER_INPUT with `argument`, BUSY with `retryAfterMs`, CURSOR_EXPIRED, UNAVAILABLE with `retryAfterMs` while
 * the store does not answer, and whatever code an error brings itself, each with the request's id. Anything else is
 * an "Internal server error" that shows nothing but that.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { path, locations, extensions: own } = formatted;
  // Of what is refused before it is a request, such as a body without a query, only the response's header tells the id.
  const identity = own?.requestId === undefined ? {} : { requestId: own.requestId };
  const extensions = publicExtensions(error);
  if (extensions) return { ...formatted, extensions: { ...extensions, ...identity } };
  const cause = causeOf(error);
  if (cause instanceof UnavailableError) {
    return {
      ...formatted,
      message: 'The store does not answer; try again later.',
      extensions: { code: 'UNAVAILABLE', retryAfterMs: cause.retryAfterMs, ...identity },
    };
  }
  return {
    message: 'Internal server error',
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code: ApolloServerErrorCode.INTERNAL_SERVER_ERROR, ...identity },
  };
}

/** True for what is a fault of the server and not of the request. */
export const isUnexpected = (error: unknown) => publicExtensions(error) === null;

function publicExtensions(error: unknown): PublicExtensions | null {
  const cause = causeOf(error);
  if (cause instanceof UserInputError) return badUserInput(cause.argument);
  if (cause instanceof BusyError) return { code: 'BUSY', retryAfterMs: cause.retryAfterMs };
  if (cause instanceof CursorExpiredError) return { code: 'CURSOR_EXPIRED', argument: 'after' };
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return null;
  const argument = wrongArgument(error);
  if (argument) return badUserInput(argument.name);
  // `http` is for the response's status, not for its body.
  const { code, http: _http, ...rest } = { ...error.extensions, ...cause.extensions };
  if (typeof code !== 'string' || code === ApolloServerErrorCode.INTERNAL_SERVER_ERROR) return null;
  return { code, ...rest };
}

const badUserInput = (argument: string | null): PublicExtensions => ({
  code: ApolloServerErrorCode.BAD_USER_INPUT,
  argument,
});

/** The innermost error that GraphQL's errors were wrapped around. */
function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

// How graphql-js words what it refuses while it coerces variables and arguments; none of it has a code of its own.
const COERCION_MESSAGES = [
  /^Variable "\$(?<name>\w+)" (?:got invalid value|of (?:required|non-null) type)/,
  /^Argument "(?<name>\w+)" (?:has invalid value|of (?:required|non-null) type)/,
  /^Field "\w+" argument "(?<name>\w+)" of type .* is required/,
];

/** The argument at fault where GraphQL itself refused a value, in the document or in a variable. */
function wrongArgument(error: GraphQLError): { name: string | null } | null {
  for (const pattern of COERCION_MESSAGES) {
    const name = pattern.exec(error.message)?.groups?.name;
    if (name) return { name: / at "(?<path>[^"]+)"/.exec(error.message)?.groups?.path ?? name };
  }
  const node = error.nodes?.[0];
  return node && VALUE_KINDS.has(node.kind) ? { name: nameOf(node) } : null;
}

/** A validation error that stands at a value is about that value. */
const VALUE_KINDS = new Set<Kind>([
  Kind.NULL,
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
]);

/** The name that stands before a value: `first: null` → first. */
function nameOf(node: ASTNode): string | null {
  if (node.kind === Kind.OBJECT_FIELD) return node.name.value;
  const colon = node.loc?.startToken.prev;
  return colon?.kind === ':' ? (colon.prev?.value ?? null) : null;
}
