import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, getVariableValues } from 'graphql';
import { PROJECT_ROOT } from '../config/config.ts';
import type { ApiServices, Context } from './context.ts';
import { countSearches } from './cost.ts';
import { formatError, isUnexpected } from './format-error.ts';
import { resolvers } from './resolvers/resolvers.ts';

/** Names, punctuation and values of one document: room for two literal vectors of some 2,000 numbers. */
const MAX_TOKENS = 5_000;

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
      limitSearches(limits.maxSearchesPerRequest, limits.maxFirst),
      logUnexpected(),
    ],
  });
}

/** Refuses an operation before it runs where it asks for more searches than a request may. */
function limitSearches(maxSearches: number, maxFirst: number): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          // No such operation, wrong variables: the execution refuses them.
          if (!operation) return;
          const { coerced } = getVariableValues(
            schema,
            operation.variableDefinitions ?? [],
            request.variables ?? {},
          );
          if (!coerced) return;
          const cost = countSearches({ schema, document, operation, variables: coerced, maxFirst });
          if (cost > maxSearches)
            throw new GraphQLError(
              `The operation asks for ${cost} searches; one request may ask for ${maxSearches}.`,
              { extensions: { code: 'QUERY_TOO_COSTLY', cost, maxCost: maxSearches, http: { status: 400 } } },
            );
        },
      };
    },
  };
}

/** Logs what the caller only sees as an internal error, under the request's id. */
function logUnexpected(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue, operationName }) {
          const { requestId, services } = contextValue;
          for (const error of errors.filter(isUnexpected)) {
            error.extensions.requestId = requestId;
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
