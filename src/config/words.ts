import * as z from 'zod';
import { unknownKey } from './problems.ts';

/** The small parts the schema is made of; each refuses with a sentence that says what is allowed. */

/** A group of keys in which an unknown one is a mistake. */
export function section<T extends z.core.$ZodLooseShape>(shape: T) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(key, known)).join('\n') : undefined,
  });
}

/** Text with something in it. */
export const text = (most = 1024) =>
  z
    .string()
    .refine((value) => value.trim() !== '', 'is empty')
    .refine((value) => value.length <= most, `is longer than ${most} characters`);

export const whole = (least: number, most: number) =>
  z.int().refine((value) => value >= least && value <= most, `has to be a whole number from ${least} to ${most}`);

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds, from a number of them or `90s`, `15m`, `8h`, `30d`; undefined for anything else. */
export function seconds(value: unknown): number | undefined {
  const [, count, unit] = (typeof value === 'string' && /^(\d{1,9}) ?([smhd])$/u.exec(value)) || [];
  if (unit) return Number(count) * (units[unit] ?? 1);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** A length of time, in seconds. */
export const duration = (least: number, most: number) =>
  z.unknown().transform((value, context): number => {
    const length = seconds(value);
    if (length !== undefined && length >= least && length <= most) return length;
    context.addIssue({
      code: 'custom',
      message: `has to be a length of time from ${least} to ${most} seconds, like 15m, 8h, 30d or a number of seconds`,
    });
    return z.NEVER;
  });

/** An absolute URL or nothing. */
export function parsed(value: string): URL | undefined {
  return /^\S+$/u.test(value) && URL.canParse(value) ? new URL(value) : undefined;
}

/** Where http is as good as https: nothing leaves the machine. */
export const loopback = (url: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

/** An http or https URL without a fragment. */
export const webAddress = () =>
  text(2048).refine((value) => {
    const url = parsed(value);
    return url !== undefined && ['http:', 'https:'].includes(url.protocol) && !value.includes('#');
  }, 'has to be an absolute http or https URL without a fragment');

/** As `webAddress`, https save on this very machine. */
export const secureAddress = () =>
  text(2048).refine((value) => {
    const url = parsed(value);
    return url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback(url)));
  }, 'has to be an absolute https URL (http only on localhost)');

/** The name a machine knows something by. */
export const slug = () =>
  z
    .string()
    .refine(
      (value) => /^[A-Za-z0-9][\w.-]{0,63}$/u.test(value),
      'has to be up to 64 letters, digits, dots, hyphens and underscores',
    );

/** The scopes of OpenID Connect that there are, and ours. */
export const scopes = ['openid', 'profile', 'email', 'groups', 'offline_access'] as const;

/** RFC 8628 section 3.4. */
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
