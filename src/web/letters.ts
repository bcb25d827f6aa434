/**
 * Messages in words: as text and as HTML, in the reader's language and the organisation's colour. One table says what each
 * of them holds; its words are in locales/ under `mail`. Nothing in a letter is fetched and nothing in it tells who read it.
 */
import type { Letter } from '../domain/letter.ts';
import type { Message, MessageKind } from '../domain/message.ts';
import { agent } from './agent.ts';
import { type BrandColours, brandColours } from './brand.ts';
import { bestLanguage } from './language.ts';
import { templates } from './templates.ts';
import { clock } from './time.ts';
import type { Language, Parts, Words } from './words.ts';

export interface LettersOptions {
  readonly words: Words;
  /** The folder views/. */
  readonly dir: string;
  readonly brand: { readonly name: string; readonly accent?: string | undefined };
  readonly issuer: string;
  /** For whom nothing better is known. */
  readonly language: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Shape {
  /** Facts told, in their order, as far as they are known. */
  readonly facts?: readonly Fact[];
  /** The code stands in it. */
  readonly code?: true;
  /** Where its one link leads: what the message was sent for, or the pages of one's account. */
  readonly link?: 'own' | 'account';
  /** Which of its words is meant, where one message says one of two things. */
  variant?(data: Data): string | undefined;
}

type Data = Readonly<Record<string, unknown>>;
type Fact = 'method' | 'application' | 'browser' | 'address' | 'time' | 'by' | 'from' | 'until';

const asked: readonly Fact[] = ['application', 'browser', 'address', 'time'];
const done: readonly Fact[] = ['method', 'by', 'browser', 'address', 'time'];

const shapes: Readonly<Record<MessageKind, Shape>> = {
  'email-code': { facts: asked, code: true },
  'mailed-link': { facts: asked, link: 'own' },
  'registration-link': { facts: ['time'], link: 'own' },
  'method-added': { facts: done, link: 'account' },
  'method-removed': { facts: done, link: 'account' },
  'method-lost': { facts: done, link: 'account' },
  'password-changed': { facts: ['by', 'browser', 'address', 'time'], link: 'account' },
  'recovery-code-used': {
    facts: asked,
    link: 'account',
    variant: ({ left }) => (left === 0 ? 'last' : undefined),
  },
  'access-pass-issued': {
    facts: ['by', 'from', 'until', 'time'],
    variant: ({ oneTime }) => (oneTime === false ? 'many' : 'once'),
  },
  'two-step-changed': {
    facts: ['by', 'browser', 'address', 'time'],
    link: 'account',
    variant: ({ on }) => (on ? 'on' : 'off'),
  },
  test: { facts: ['time'] },
};

/** The accent of stile.css where the organisation has none of its own. */
const ACCENT = '#005b53';

/** What changes in the dark: everything else stands at its element, since many readers know no style sheet. */
const darkSheet = ({ accentDark, onAccentDark }: BrandColours): string => `@media (prefers-color-scheme: dark) {
      .page { background: #0e1315 !important; }
      .card { background: #161c1e !important; }
      .card, .code { color: #e4eeed !important; }
      .muted { color: #9fb0af !important; }
      .code { background: #1e2729 !important; }
      .rule { border-color: #2c3638 !important; }
      .main { background: ${accentDark} !important; color: ${onAccentDark} !important; }
    }`;

/** Writes a message. Missing data is left out; throws for a kind there is no shape for, which is a bug. */
export function letters(options: LettersOptions): (message: Message) => Letter {
  const { words, dir, brand, issuer, language: fallback, now } = options;
  const html = templates(dir, false);
  const text = templates(dir, false, String);
  const colours = brandColours(brand.accent ?? ACCENT);
  const darkness = darkSheet(colours);
  return ({ kind, languages, data }) => {
    const available = words.languages.map(({ tag }) => tag);
    const tag = bestLanguage([...languages, fallback], available);
    const language = words.languages.find((one) => one.tag === tag) as Language;
    const shape = shapes[kind];
    const t = (key: string, parts?: Parts) => words.say(tag, key, { stile: brand.name, ...parts });
    const say = (key: string) => {
      const variant = shape.variant?.(data);
      const own = `mail.${kind}.${key}`;
      // Every language has the keys of English.
      const whole = variant !== undefined && words.has('en', `${own}.${variant}`) ? `${own}.${variant}` : own;
      return t(whole, partsOf(data, brand.name));
    };
    const facts = factsOf(data, { words, language, now: now() });
    const link = shape.link === 'own' ? line(data.link) : shape.link ? `${issuer}/account/methods` : undefined;
    const locals = {
      ...{ t, brand: brand.name, lang: tag, dir: language.dir, colours, darkness },
      title: say('subject'),
      lead: say('lead'),
      code: shape.code ? grouped(line(data.code)) : undefined,
      link: link || undefined,
      action: shape.link === 'own' ? say('action') : t('mail.account'),
      facts: (shape.facts ?? []).flatMap((name) =>
        facts[name] ? [{ name: t(`mail.fact.${name}`), value: facts[name] }] : [],
      ),
      notYou: say('notYou'),
    };
    return {
      subject: line(locals.title),
      text: text('mail/text', locals)
        .replace(/\n{3,}/g, '\n\n')
        .trimEnd()
        .concat('\n'),
      html: html('mail/html', locals),
      language: tag,
    };
  };
}

/** On one line and of sensible length: a name somebody chose must not write paragraphs of its own. */
const line = (value: unknown): string =>
  (typeof value === 'string' ? value : '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\s]+/gu, ' ')
    .trim()
    .slice(0, 2048);

const short = (value: unknown): string => {
  const whole = line(value);
  return whole.length > 80 ? `${whole.slice(0, 79)}…` : whole;
};

/** "123 456": read in threes, typed without the gap. */
const grouped = (code: string): string => (/^\d{6,8}$/.test(code) ? code.replace(/\d{3,4}(?=\d{3,4}$)/, '$& ') : code);

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What stands in a sentence. `count` chooses its plural. */
function partsOf({ minutes, left, application, place }: Data, stile: string): Parts {
  const count = number(minutes) ?? number(left);
  const named = short(application) || short((place as Data | undefined)?.application);
  return { application: named || stile, ...(count === undefined ? {} : { count }) };
}

/** What is known, in words; empty where it is not. */
function factsOf(data: Data, { words, language, now }: { words: Words; language: Language; now: number }) {
  const place = (data.place ?? {}) as Data;
  const say = (key: string, parts?: Parts) => String(words.say(language.tag, key, parts));
  const clocks = clock({
    ...{ locale: language.format, zone: undefined, now },
    join: (day, time) => say('time.join', { day, time }),
  });
  const instant = (at: unknown) => (typeof at === 'number' ? clocks.text(at, 'utc') : '');
  const { browser, system } = agent(line(place.agent));
  const known = browser && system ? 'agent.both' : browser || system ? 'agent.one' : undefined;
  const id = line(data.method);
  const name = words.has(language.tag, `methods.${id}.name`) ? say(`methods.${id}.name`) : id;
  const label = short(data.label);
  return {
    method: label && label !== name ? `${name} (${label})` : name,
    application: short(data.application) || short(place.application),
    browser: known ? say(known, { browser, system, one: browser ?? system }) : '',
    address: short(place.address),
    time: instant(now),
    by: short(data.by) || (data.administrator ? say('mail.administrator') : ''),
    from: instant(data.startsAt),
    until: instant(data.endsAt),
  } satisfies Record<Fact, string>;
}
