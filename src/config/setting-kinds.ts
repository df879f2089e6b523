import { z } from 'zod';

// What settings can hold. Each kind says in one sentence what is allowed, whatever was given.

/** In decimal digits. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
  return z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most, {
      error: `It must be a whole number, ${range}.`,
    })
    .transform(Number);
}

export function choice<const Names extends readonly [string, string, ...string[]]>(...names: Names) {
  const error = `It must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`;
  return z.enum(names, { error });
}

/** Without a slash at its end. */
export const address = z
  .url({ protocol: /^https?$/, error: 'It must be an address that begins with http:// or https://.' })
  .transform((text) => text.replace(/\/+$/, ''));

/** An address that requests go to with `tokenName` as their one secret. */
export function addressWithoutUser(tokenName: string) {
  const error = `Use ${tokenName} in place of a user and password.`;
  return address.refine((text) => !hasUserInfo(text), { error });
}

/** A secret that travels in a header. */
export const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/, { error: 'It must be printable ASCII without spaces.' });

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Set but without a key would leave the server open without a word. */
export const keys = list.refine((each) => each.length > 0, { error: 'It is set and holds no key.' });

export const origins = list.refine((each) => each.every((text) => text === '*' || isOrigin(text)), {
  error: 'It must be *, or origins such as https://app.example.com with commas between them.',
});

/** A scheme and a host: what a browser says of the page that asks. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && !hasUserInfo(text) && `${pathname}${search}${hash}` === '/';
}

function hasUserInfo(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}
