/** Who a mail is from or to. */
export interface Mailbox {
  readonly name?: string;
  readonly address: string;
}

/**
 * What we write to: a name without quotes, spaces or signs that mean something in a header or an envelope (RFC 5321
 * section 4.1.2 allows stranger ones, which are how a second recipient is smuggled in), and a host's name. Letters of every
 * script.
 */
const address =
  /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}\.)*[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}$/u;

export const isAddress = (text: string): boolean => text.length <= 254 && address.test(text);

/** `ana@example.com` or `Ana Silva <ana@example.com>`; undefined for anything else. */
export function mailboxOf(text: string): Mailbox | undefined {
  const [, name, inside] = /^([^<>]*)<([^<>]*)>$/u.exec(text) ?? [];
  const mailbox = { address: inside ?? text, ...(name?.trim() ? { name: unquoted(name.trim()) } : {}) };
  return isAddress(mailbox.address) && !/["\p{C}]/u.test(mailbox.name ?? '') ? mailbox : undefined;
}

const unquoted = (name: string): string => /^"(.*)"$/u.exec(name)?.[1] ?? name;
