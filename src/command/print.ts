/** Columns as wide as what stands in them, the last as long as it likes. `most`: no wider than this, or on a line alone. */
export function columns(rows: readonly (readonly string[])[], most = 60): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(
      0,
      ...rows
        .map((row) => row[i] ?? '')
        .filter((text) => text.length <= most)
        .map((text) => text.length),
    ),
  );
  return rows
    .map((row) =>
      row
        .map((text, i) => (i === row.length - 1 ? text : text.padEnd(widths[i] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A table of these fields with a line of headings; `(none)` when there is nothing. */
export function table(items: readonly Readonly<Record<string, unknown>>[], fields: readonly string[]): string {
  if (items.length === 0) return '(none)';
  const heading = fields.map((field) => field.replaceAll('_', ' ').toUpperCase());
  return columns([heading, ...items.map((item) => fields.map((field) => text(item[field])))]);
}

/** One thing, a line a field; what it has not is left out. */
export const sheet = (item: Readonly<Record<string, unknown>>): string =>
  columns(
    Object.entries(item)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([field, value]) => [field.replaceAll('_', ' '), text(value)]),
  );

/** A control character in a name must not speak to the terminal. */
export const harmless = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  value.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');

function text(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(text).join(', ') || '-';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '-' : JSON.stringify(value);
  return String(value).replaceAll('\n', ' ');
}

/** Broken into lines of at most so many characters, where words end. */
export function folded(words: string, width: number): string {
  const lines = [''];
  for (const word of words.split(' ')) {
    const last = lines.at(-1) as string;
    if (last && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.join('\n');
}
