import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../src/store');

test('whatever the store seals is listed where it is sealed anew, or lives no longer than a day', () => {
  const seal = readdirSync(folder).filter(
    (name) => name.endsWith('.ts') && readFileSync(join(folder, name), 'utf8').includes('ealer.seal('),
  );
  const listed = readFileSync(join(folder, 'sealed.ts'), 'utf8');
  // Kept for a day, and for fifteen minutes.
  const brief = ['api-answers.ts', 'registration-links.ts'];
  const forgotten = seal.filter(
    (name) => name !== 'sealed.ts' && !brief.includes(name) && !listed.includes(`'./${name}'`),
  );
  expect(forgotten).toEqual([]);
});
