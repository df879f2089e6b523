import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import {
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isInputObjectType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { type Limits, PROJECT_ROOT } from '../config/config.ts';
import type { ApiServices, Context } from './context.ts';
import { measureOperation } from './cost.ts';
import { formatError, isUnexpected } from './format-error.ts';
import { resolvers } from './resolvers/resolvers.ts';

/** Names, punctuation and values of one document: room for two literal vectors of some 2,000 numbers. */
const MAX_TOKENS = 5_000;
/** Fields of one answer, a list's counted one by one; each takes the event loop some microseconds. */
const MAX_FIELDS = 50_000;

/**
 * The GraphQL API over a store and a bundle. Give each request a context of its own (createRequestContext) and
 * call `start()` before and `stop()` after; how it is mounted is the caller's.
 */
export function createGraphqlServer({
  limits,
  log,
}: Pick<ApiServices, 'limits' | 'log'>): ApolloServer<Context> {
  return new ApolloServer<Context>({
    typeDefs: readFileSync(join(PROJECT_ROOT, 'schema.graphql'), 'utf8'),
    resolvers,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    parseOptions: { maxTokens: MAX_TOKENS },
    stopOnTerminationSignals: false,
    formatError,
    logger: toApolloLogger(log),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It would wrap every resolver, for hints that the schema does not give.
      ApolloServerPluginCacheControlDisabled(),
      limitCost(limits),
      identifyErrors(),
    ],
  });
}

/** Refuses an operation before it runs where it asks for more searches, or more fields, than a request may. */
function limitCost({ maxFirst, maxSearchesPerRequest: maxCost }: Limits): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          // No such operation, wrong variables: the execution refuses them.
          if (!operation) return;
          const { coerced: variables } = getVariableValues(
            schema,
            (operation.variableDefinitions ?? []).filter((definition) => isBounding(schema, definition)),
            request.variables ?? {},
          );
          if (!variables) return;
          const size = { schema, document, operation, variables, maxFirst, maxFields: MAX_FIELDS };
          const { searches, fields } = measureOperation(size);
          if (fields > MAX_FIELDS)
            throw tooCostly(`The answer could have more than the ${MAX_FIELDS} fields of one request.`, {
              maxFields: MAX_FIELDS,
            });
          if (searches > maxCost)
            throw tooCostly(
              `The operation asks for ${searches} searches; one request may ask for ${maxCost}.`,
              {
                cost: searches,
                maxCost,
              },
            );
        },
      };
    },
  };
}

/** Objects bound no list and leave out no field, and those with vectors take a while to coerce. */
function isBounding(schema: GraphQLSchema, { type }: VariableDefinitionNode): boolean {
  return !isInputObjectType(getNamedType(typeFromAST(schema, type)));
}

const tooCostly = (message: string, bound: object) =>
  new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COSTLY', ...bound, http: { status: 400 } } });

/** Gives every error the request's id, and logs under it what the caller only sees as an internal error. */
function identifyErrors(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue, operationName }) {
          const { requestId, services, signal } = contextValue;
          for (const error of errors) {
            error.extensions.requestId = requestId;
            if (!isUnexpected(error)) continue;
            // What breaks off because the caller has gone is no fault.
            if (signal?.aborted && error.originalError === signal.reason) continue;
            services.log.error(
              { requestId, operationName, path: error.path, error: error.originalError ?? error },
              error.message,
            );
          }
        },
      };
    },
  };
}

function toApolloLogger(log: ApiServices['log']) {
  const silent = () => {};
  return {
    debug: silent,
    info: silent,
    warn: (message?: unknown) => log.warn({}, String(message)),
    error: (message?: unknown) => log.error({}, String(message)),
  };
}
