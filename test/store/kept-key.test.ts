import { openStores } from '../../src/composition/stores.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { openDatabase } from '../../src/store/database.ts';
import { keptKey } from '../../src/store/kept-key.ts';
import { migrate } from '../../src/store/migrate.ts';
import { Settings } from '../../src/store/settings.ts';
import { freshDatabase } from '../support/postgres.ts';

test('twenty nodes starting at once share one key, it lies sealed, and a new secret in front does not change it', async () => {
  const { url, drop } = await freshDatabase();
  const db = await openDatabase({ url });
  await migrate(db);
  const settings = new Settings(db.knex);
  const old = 'the first secret of this installation, long enough';
  const keys = await Promise.all(Array.from({ length: 20 }, () => keptKey(settings, secretsSealer([old]), 'subjects')));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(keys[0]).toHaveLength(32);
  expect(await settings.get('key.subjects')).not.toContain(keys[0]!.toString('base64url'));
  const rotated = await keptKey(
    settings,
    secretsSealer(['a second secret, in front of the first one', old]),
    'subjects',
  );
  expect(rotated).toEqual(keys[0]);
  await db.close();
  await drop();
});

test('names of people, the succession of refresh tokens and the nonces of DPoP survive a change of secret', async () => {
  const { url: databaseUrl, drop } = await freshDatabase();
  const old = 'the first secret of this installation, long enough';
  const start = async (...secrets: string[]) => {
    const { db, subjectKey, refreshKey, nonceSecret } = await openStores({ databaseUrl, dataDir: '', secrets }, '');
    await db.close();
    return { subjectKey, refreshKey, nonceSecret };
  };
  const before = await start(old);
  expect(new Set(Object.values(before).map((key) => key.toString('hex'))).size).toBe(3);
  expect(before.nonceSecret).toHaveLength(32);
  expect(await start('a second secret, in front of the first one', old)).toEqual(before);
  await drop();
});
