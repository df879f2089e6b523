import type { CodegenConfig } from '@graphql-codegen/cli';

const mapper = (name: string) => `../graphql/mappers.ts#${name}`;

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
        avoidOptionals: { defaultValue: true },
        contextType: '../graphql/context.ts#Context',
        mappers: {
          Bundle: mapper('BundleSource'),
          Clip: mapper('ClipSource'),
          ClipNotReady: mapper('ClipNotReadySource'),
          Facets: mapper('FacetsSource'),
          MediaNotFound: mapper('MediaNotFoundSource'),
          MusicHit: mapper('HitSource'),
          MusicHitConnection: mapper('HitConnectionSource'),
          MusicSearch: mapper('SearchSource'),
          QueryNotSupported: mapper('QueryNotSupportedSource'),
          SpaceScore: mapper('SpaceScoreSource'),
          System: mapper('SystemSource'),
          Track: mapper('ItemSource'),
          TrackConnection: mapper('ItemConnectionSource'),
          Video: mapper('ItemSource'),
          VideoConnection: mapper('ItemConnectionSource'),
          VideoHit: mapper('HitSource'),
          VideoHitConnection: mapper('HitConnectionSource'),
          VideoSearch: mapper('SearchSource'),
        },
      },
    },
  },
};

export default config;
