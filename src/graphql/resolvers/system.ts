import type { BundleResolvers, SystemResolvers } from '../../__generated__/resolvers-types.ts';

export const System: SystemResolvers = {
  version: (_system, _arguments, { services }) => services.version,
  bundle: (_system, _arguments, { serving }) => serving.manifest,
  device: (_system, _arguments, { services }) => services.deviceReport(),
  store: async (_system, _arguments, { reads, services }) => ({
    kind: services.store.kind,
    ...(await reads.counts()),
  }),
  limits: (_system, _arguments, { limits }) => limits,
};

export const Bundle: BundleResolvers = {
  labelField: ({ identity }) => identity.labelField,
  sslDimension: ({ identity }) => identity.sslDimension,
  supDimension: ({ identity }) => identity.supDimension,
  segmentSeconds: ({ identity }) => identity.segmentRule.segmentSeconds,
  supportsText: (_bundle, _arguments, { serving }) => serving.embedder.embedTexts !== undefined,
};
