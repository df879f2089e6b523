import { UnavailableError, UsageError } from '../../shared/errors.ts';
import { fetchFollowing, type HubAddress } from './hub-request.ts';

/** A file in a repository of the hub, at a branch, tag or commit. */
export interface HubFile {
  repository: string;
  revision: string;
  /** In the repository. */
  path: string;
}

/** What the hub says of a file before any of it is downloaded; null is what it does not say. */
export interface FileFacts {
  /** What a branch or tag stands for. */
  commit: string | null;
  sizeBytes: number | null;
  /** In hexadecimal. */
  sha256: string | null;
}

/** A file's bytes from `startByte` on. */
export interface FileBody {
  /** 0 where the server sends the whole file, whatever was asked for. */
  startByte: number;
  /** Of the whole file; null where the server does not say. */
  sizeBytes: number | null;
  /** A strong entity tag of what is sent. */
  etag: string | null;
  /** Hands over all of it, in order. UnavailableError where it breaks off or the server goes silent. */
  read(take: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** Drops what was not read. */
  discard(): Promise<void>;
}

/**
 * Reads files in the layout of the Hugging Face hub, `<base>/<repository>/resolve/<revision>/<path>`, which a mirror
 * keeps too. The hub redirects large files to another host; the redirect, not that host, says what they are:
 * `X-Linked-Etag` is the SHA-256, `X-Linked-Size` the size, `X-Repo-Commit` the commit.
 * Sources: huggingface.co/docs/huggingface_hub/package_reference/file_download; RFC 9110, section 14.
 */
export interface HubClient {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Null where there is no such file. */
  inspect(file: HubFile, signal: AbortSignal): Promise<FileFacts | null>;
  /**
   * Opens a file from a byte on, where it still is the one of `etag`, else from its start. Null where it has no such
   * byte. UsageError where there is no such file.
   */
  open(
    file: HubFile,
    from: { startByte: number; etag: string | null },
    signal: AbortSignal,
  ): Promise<FileBody | null>;
}

/** Calls throw a UsageError where access is denied, an UnavailableError where the server is away, busy or silent. */
export function createHubClient(address: HubAddress): HubClient {
  const urlOf = ({ repository, revision, path }: HubFile) => {
    const parts = [...repository.split('/'), 'resolve', revision, ...path.split('/')];
    return new URL([address.baseUrl, ...parts.map(encodeURIComponent)].join('/'));
  };

  return {
    baseUrl: address.baseUrl,
    async inspect(file, signal) {
      const facts: FileFacts = { commit: null, sizeBytes: null, sha256: null };
      const { response } = await fetchFollowing(address, urlOf(file), {
        method: 'HEAD',
        signal,
        stopAt: (hop) => gatherFacts(hop, facts),
      });
      return response.status === 404 ? null : facts;
    },
    async open(file, { startByte, etag }, signal) {
      const headers: Record<string, string> = startByte > 0 ? { Range: `bytes=${startByte}-` } : {};
      if (startByte > 0 && etag) headers['If-Range'] = etag;
      const url = urlOf(file);
      const { response, read, discard } = await fetchFollowing(address, url, {
        method: 'GET',
        headers,
        signal,
      });
      if (response.status === 404) throw new UsageError(`There is no ${url}.`);
      if (response.status === 416) return null;
      const position = toPosition(response, startByte);
      if (position) return { ...position, etag: toStrongEtag(response), read, discard };
      await discard();
      throw new UnavailableError(`${url} sends another part than the one asked for.`, 0);
    },
  };
}

/** Adds what a response says; what an earlier one of the chain said stays. True where nothing is left to be said. */
function gatherFacts({ headers, status }: Response, facts: FileFacts): boolean {
  facts.commit ??= toHex(headers.get('x-repo-commit'), 40);
  facts.sha256 ??= toHex(headers.get('x-linked-etag'), 64);
  facts.sizeBytes ??= toCount(headers.get('x-linked-size'));
  if (status === 200) facts.sizeBytes ??= toCount(headers.get('content-length'));
  return facts.sha256 !== null && facts.sizeBytes !== null;
}

/** Where a response's bytes lie in the whole file; null where that is not what was asked for. */
function toPosition({ status, headers }: Response, asked: number) {
  if (status === 200) return { startByte: 0, sizeBytes: toCount(headers.get('content-length')) };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (!range || Number(range[1]) !== asked) return null;
  return { startByte: asked, sizeBytes: toCount(range[2]) };
}

/** Only a strong tag may stand in If-Range. */
function toStrongEtag({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag && /^"[^"]*"$/.test(etag) ? etag : null;
}

/** Hexadecimal digits out of a header that may hold them as an entity tag. */
function toHex(header: string | null, digits: number): string | null {
  const text = header?.replace(/^W\//, '').replaceAll('"', '').toLowerCase() ?? '';
  return text.length === digits && /^[0-9a-f]+$/.test(text) ? text : null;
}

function toCount(header: string | null): number | null {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
