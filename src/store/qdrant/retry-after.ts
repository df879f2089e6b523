/** What a Retry-After asks to wait: seconds or a date (RFC 9110, section 10.2.3); null where it is neither. */
export function toWaitMs(retryAfter: string | null | undefined): number | null {
  if (retryAfter === undefined || retryAfter === null) return null;
  const seconds = Number(retryAfter);
  const waitMs = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs);
}
