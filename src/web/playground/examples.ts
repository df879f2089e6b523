/** Ids and values of the library that is served, for queries that work as they are. */
export interface LibrarySample {
  videoId: string;
  /** Two or more. */
  trackIds: string[];
  /** Two or more. */
  genres: string[];
  sslDimension: number;
  supDimension: number;
}

export interface Example {
  query: string;
  /** JSON. */
  variables?: string;
}

export const SAMPLE_QUERY = `{
  videos(first: 1) { edges { node { id } } }
  tracks(first: 2) { edges { node { id } } }
  facets(of: MUSIC) { genres(first: 2) { value } }
  system { bundle { sslDimension supDimension } }
}`;

/** What SAMPLE_QUERY answers. */
export interface SampleAnswer {
  videos: { edges: { node: { id: string } }[] };
  tracks: { edges: { node: { id: string } }[] };
  facets: { genres: { value: string }[] };
  system: { bundle: { sslDimension: number; supDimension: number } };
}

/** Names of the demo library stand in for what a library lacks. */
export function toLibrarySample(answer: SampleAnswer): LibrarySample {
  const idsOf = ({ edges }: SampleAnswer['tracks']) => edges.map(({ node }) => node.id);
  return {
    videoId: idsOf(answer.videos)[0] ?? 'video-001',
    trackIds: [...idsOf(answer.tracks), 'track-001', 'track-002'].slice(0, 2),
    genres: [...answer.facets.genres.map(({ value }) => value), 'ambient', 'jazz'].slice(0, 2),
    ...answer.system.bundle,
  };
}

/** The tabs of the playground, in order. Each is named by its operation. `clipsUrl` is where uploads go. */
export function createExamples(sample: LibrarySample, clipsUrl: string): Example[] {
  const video = JSON.stringify(sample.videoId);
  const [track, otherTrack] = sample.trackIds.map((id) => JSON.stringify(id));
  const [genre, otherGenre] = sample.genres.map((name) => JSON.stringify(name));
  return [
    {
      query: `# Which music fits this video? Move alpha:
# 0 is all ssl (what goes together),
# 1 is all sup (what carries the same label).
# Every hit shows both parts.
query MusicForVideo {
  searchMusic(
    query: { media: { id: ${video} } }
    alpha: 0.3
  ) {
    ... on MusicSearch {
      alpha
      hits(first: 5) {
        edges {
          rank
          score
          ssl { similarity }
          sup { similarity }
          matchedSpan { startSeconds endSeconds }
          node {
            id title artist genres
            durationSeconds mediaUrl
          }
        }
      }
    }
    ... on Problem { message }
  }
}
`,
    },
    {
      query: `# The same search at three settings of the dial.
# All three share one read of the video.
query ThreeAlphas {
  pairs: searchMusic(
    alpha: 0
    query: { media: { id: ${video} } }
  ) { ...Top }
  balanced: searchMusic(
    alpha: 0.5
    query: { media: { id: ${video} } }
  ) { ...Top }
  labels: searchMusic(
    alpha: 1
    query: { media: { id: ${video} } }
  ) { ...Top }
}

fragment Top on MusicSearchResult {
  ... on MusicSearch {
    alpha
    hits(first: 3) {
      edges { score node { title genres } }
    }
  }
  ... on Problem { message }
}
`,
    },
    {
      query: `# Ticked genres narrow the hits; facets.genres counts
# as if none were ticked, so that a page's other chips
# stay alive.
query GenresAndFacets {
  searchMusic(
    query: { media: { id: ${video} } }
    alpha: 0.3
    genres: { any: [${genre}] }
  ) {
    ... on MusicSearch {
      totalCount
      facets { genres(first: 8) { value count } }
      warnings { message suggestions }
      hits(first: 5) {
        edges { rank score node { title genres } }
      }
    }
    ... on Problem { message }
  }
}
`,
    },
    {
      query: `# Conditions nest. For the next page, pass
# pageInfo.endCursor to hits as "after".
query FilterAndPages {
  searchMusic(
    query: { media: { id: ${video} } }
    filter: {
      durationSeconds: { min: 5 }
      or: [
        { genres: { any: [${genre}] } }
        { not: { genres: { any: [${otherGenre}] } } }
      ]
    }
  ) {
    ... on MusicSearch {
      totalCount
      hits(first: 3) {
        edges {
          rank score cursor
          node { title genres durationSeconds }
        }
        pageInfo { hasNextPage endCursor }
        run { exact store searchMs }
      }
    }
    ... on Problem { message }
  }
}
`,
    },
    {
      query: `# Several seeds at once: more of the first track,
# less of the second.
query Seeds {
  searchVideos(
    query: {
      seeds: [
        { media: { id: ${track} } }
        { media: { id: ${otherTrack} }, weight: -0.5 }
      ]
    }
    alpha: 0.5
  ) {
    ... on VideoSearch {
      hits(first: 5) {
        edges {
          rank score
          node { id title genres thumbnailUrl }
        }
      }
    }
    ... on Problem { message }
  }
}
`,
    },
    {
      query: `# Vectors of your own, one per space: Variables,
# below, has them. Their lengths are sslDimension
# and supDimension of system.bundle.
query RawVectors($ssl: [Float!], $sup: [Float!]) {
  searchMusic(
    query: { vectors: { ssl: $ssl, sup: $sup } }
    alpha: 0.5
  ) {
    ... on MusicSearch {
      hits(first: 5) {
        edges { rank score node { title genres } }
      }
    }
    ... on Problem { message }
  }
}
`,
      variables: JSON.stringify({ ssl: toWave(sample.sslDimension), sup: toWave(sample.supDimension) }),
    },
    {
      query: `# Search with a file of your own. Upload it first,
# then put the id of the answer into Variables:
#
#   curl -F file=@clip.mp4 \\
#     ${clipsUrl}
#
query UploadedClip($id: ID!) {
  clip(id: $id) {
    status
    progress
    modalities
    durationSeconds
    expiresAt
    failure { code message }
  }
  searchMusic(
    query: { media: { id: $id } }
    alpha: 0.3
  ) {
    ... on MusicSearch {
      by
      hits(first: 5) {
        edges { rank score node { title artist genres } }
      }
    }
    ... on ClipNotReady {
      message
      clip { status progress }
    }
    ... on Problem { message }
  }
}
`,
      variables: JSON.stringify({ id: 'clip_00000000000000000000000000000000' }),
    },
    {
      query: `# Matches for a whole list of videos in one request:
# they are read and searched together.
query MatchesInList {
  videos(first: 3) {
    edges {
      node {
        title
        genres
        pairedTrack { title }
        matchingMusic(alpha: 0.3) {
          hits(first: 3) {
            edges { score node { title artist peaks(count: 16) } }
          }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    },
    {
      query: `# What runs here: the bundle and its trade-off
# curve, the device, the store, the limits.
query System {
  system {
    version
    bundle {
      id
      profile
      createdAt
      labelField
      labels
      recommendedAlpha
      recommendedAlphaRule
      balancedAlpha
      supportsText
      tradeOff {
        direction alpha
        pairRecallAt10 labelPrecisionAt10
      }
    }
    device { requested used name }
    store { kind tracks videos segments }
    limits {
      maxFirst maxSearchesPerRequest
      maxUploadBytes maxClipSeconds
    }
  }
}
`,
    },
  ];
}

/** Some vector that is not zero, with few digits. */
function toWave(length: number): number[] {
  return Array.from({ length }, (_, index) => Math.round(100 * Math.cos(index * 1.7)) / 100);
}
