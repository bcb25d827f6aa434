import { type Document, isMap, isPair, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problems.ts';

/** A YAML file as plain values, and where in it things stand. */
export interface Yaml {
  readonly value: unknown;
  readonly mistakes: readonly string[];
  /** The line of a path, or of the nearest thing around it that is there; from 1. */
  lineOf(path: readonly PropertyKey[]): number;
}

export function readYaml(source: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: true });
  const mistakes = document.errors.map((error) => {
    const line = error.linePos?.[0].line ?? 1;
    return `${line}: ${(error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/u, '')}`;
  });
  return {
    value: mistakes.length > 0 ? undefined : plain(document, mistakes),
    mistakes,
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
  };
}

/** Aliases that would unfold without end are refused here by the library. */
function plain(document: Document, mistakes: string[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    mistakes.push(`1: ${(error as Error).message}`);
    return undefined;
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(key));
      const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
      if (range) return range[0];
    } else {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return node.range[0];
    }
  }
  return 0;
}

/** `stile.yaml:12: users[1].pasword is not a known key; did you mean password?` */
export const inFile = (file: string, yaml: Yaml, { at, wrong, path }: Problem): string =>
  `${file}:${yaml.lineOf(path ?? [])}: ${at || 'the file'} ${wrong}`;
