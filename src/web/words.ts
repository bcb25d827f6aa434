/**
 * The words of every page, one file a language. A sentence is one key; its named parts (`{application}`) are filled in
 * here and not by i18next, so that a name with braces or `$t()` in it stays a name, and markup can stand for a part.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstance } from 'i18next';
import { escaped, Html } from './html.ts';

export type Parts = Readonly<Record<string, string | number | Html | undefined>>;

export interface Language {
  /** BCP 47, the file's name. */
  readonly tag: string;
  /** In the language itself. */
  readonly name: string;
  readonly dir: 'ltr' | 'rtl';
  /** The locale dates are written in; English here is day before month. */
  readonly format: string;
}

export interface Words {
  readonly languages: readonly Language[];
  has(tag: string, key: string): boolean;
  /** The sentence: a string, or Html when one of its parts is. `count` chooses the plural. */
  say(tag: string, key: string, parts?: Parts): string | Html;
}

const mark = /⟦(\w+)⟧/;

/** Numbers are without end, so what is kept is not. */
const mostKnown = 5000;

/** Reads every `<tag>.json` of a folder. `strict` throws for a key that is missing rather than printing the key. */
export function words(dir: string, strict: boolean): Words {
  const files = readdirSync(dir).filter((file) => file.endsWith('.json'));
  const resources = Object.fromEntries(
    files.map((file) => [
      file.slice(0, -'.json'.length),
      { translation: JSON.parse(readFileSync(join(dir, file), 'utf8')) },
    ]),
  );
  const i18n = createInstance();
  void i18n.init({
    initAsync: false,
    resources,
    fallbackLng: 'en',
    interpolation: { escapeValue: false, prefix: '{', suffix: '}' },
  });
  /** Sentences by language, key, the names of their parts and the numbers among them: nothing else changes their pieces. */
  const known = new Map<string, readonly string[]>();
  const piecesOf = (lng: string, key: string, parts: Parts): readonly string[] => {
    const marks = Object.entries(parts).map(([name, value]) => [name, typeof value === 'number' ? value : `⟦${name}⟧`]);
    const id = [lng, key, ...marks.flat()].join('\0');
    let pieces = known.get(id);
    if (!pieces) {
      const sentence = String(i18n.t(key, { ...Object.fromEntries(marks), lng, nest: false }));
      if (strict && sentence === key) throw new Error(`no words for ${key} in ${lng}`);
      pieces = sentence.split(mark);
      if (known.size < mostKnown) known.set(id, pieces);
    }
    return pieces;
  };
  const has = (lng: string, key: string) => i18n.exists(key, { lng, fallbackLng: [] });
  return {
    has,
    languages: Object.keys(resources).map((lng) => ({
      tag: lng,
      name: i18n.t('language.name', { lng }),
      dir: i18n.t('language.dir', { lng }) === 'rtl' ? 'rtl' : 'ltr',
      format: i18n.t('language.format', { lng }),
    })),
    say: (lng, key, parts = {}) => filled(piecesOf(lng, key, parts), parts),
  };
}

function filled(sentence: readonly string[], parts: Parts): string | Html {
  const markup = Object.values(parts).some((part) => part instanceof Html);
  const pieces = sentence.map((piece, index) => {
    const part = index % 2 ? parts[piece] : piece;
    return markup ? escaped(part) : String(part ?? '');
  });
  return markup ? new Html(pieces.join('')) : pieces.join('');
}
