import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/__generated__/resolvers-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          DateTime: { input: 'Date', output: 'Date | string' },
          ID: { input: 'string', output: 'string' },
        },
        defaultScalarType: 'unknown',
        contextType: '../graphql/context.ts#Context',
        mapperTypeSuffix: 'Mapper',
      },
    },
  },
};

export default config;
