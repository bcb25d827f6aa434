import type { Kv } from '../../src/state/kv.ts';

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const twenty = <T>(act: (n: number) => Promise<T>) => Promise.all(Array.from({ length: 20 }, (_, n) => act(n)));

/** What every Kv promises. `open` gives two doors to one fresh state, as two requests or two nodes have. */
export function kvContract(name: string, open: () => Promise<readonly [Kv, Kv]>): void {
  describe(`Kv on ${name}`, () => {
    let kv: Kv;
    let other: Kv;
    beforeAll(async () => {
      [kv, other] = await open();
    });
    afterAll(() => Promise.all([kv.close(), other.close()]));

    test('reads what was set, whatever characters it has, and nothing where nothing is', async () => {
      await kv.set('read', '0 grüße 🙂\n"', 60);
      expect((await other.read('read'))?.value).toBe('0 grüße 🙂\n"');
      expect(await kv.read('never')).toBeUndefined();
      await kv.set('empty', '', 60);
      expect((await other.read('empty'))?.value).toBe('');
    });

    test('answers readMany in the order asked, with gaps', async () => {
      await kv.set('many:a', 'a', 60);
      await kv.set('many:b', 'b', 60);
      const entries = await other.readMany(['many:b', 'many:none', 'many:a', 'many:b']);
      expect(entries.map((entry) => entry?.value)).toEqual(['b', undefined, 'a', 'b']);
      expect(await kv.readMany([])).toEqual([]);
    });

    test('adds for one of twenty at once, and keeps the first value', async () => {
      const added = await twenty((n) => (n % 2 ? kv : other).add('add', String(n), 60));
      expect(added.filter(Boolean)).toHaveLength(1);
      expect((await kv.read('add'))?.value).toBe(String(added.indexOf(true)));
    });

    test('spends once for one of twenty at once, and still shows the value afterwards', async () => {
      await kv.set('spend', 'code', 60);
      const spent = await twenty((n) => (n % 2 ? kv : other).spend('spend'));
      expect(spent.filter((one) => one?.first)).toHaveLength(1);
      expect(spent.every((one) => one?.value === 'code')).toBe(true);
      expect((await other.read('spend'))?.value).toBe('code');
      expect(await kv.spend('spend:none')).toBeUndefined();
    });

    test('keeps spent what is swapped afterwards, and makes fresh what is set again', async () => {
      await kv.set('spend:swap', 'a', 60);
      await kv.spend('spend:swap');
      const { version } = (await kv.read('spend:swap'))!;
      expect(await kv.swap('spend:swap', version, 'b', 60)).toBe(true);
      expect(await kv.spend('spend:swap')).toEqual({ value: 'b', first: false });
      await kv.set('spend:swap', 'c', 60);
      expect(await kv.spend('spend:swap')).toEqual({ value: 'c', first: true });
    });

    test('swaps for one of twenty who read the same version', async () => {
      await kv.set('swap', 'before', 60);
      const { version } = (await kv.read('swap'))!;
      const swapped = await twenty((n) => (n % 2 ? kv : other).swap('swap', version, `by ${n}`, 60));
      expect(swapped.filter(Boolean)).toHaveLength(1);
      expect((await kv.read('swap'))?.value).toBe(`by ${swapped.indexOf(true)}`);
    });

    test('refuses a swap after the value went away and came back the same', async () => {
      await kv.set('swap:aba', 'a', 60);
      const { version } = (await kv.read('swap:aba'))!;
      await other.set('swap:aba', 'b', 60);
      await other.set('swap:aba', 'a', 60);
      expect(await kv.swap('swap:aba', version, 'c', 60)).toBe(false);
    });

    test('swaps nothing into being', async () => {
      await kv.set('swap:gone', 'a', 60);
      const { version } = (await kv.read('swap:gone'))!;
      await kv.delete('swap:gone');
      expect(await kv.swap('swap:gone', version, 'b', 60)).toBe(false);
      expect(await kv.read('swap:gone')).toBeUndefined();
    });

    test('gives what is taken to one of twenty', async () => {
      await kv.set('take', 'ticket', 60);
      const taken = await twenty((n) => (n % 2 ? kv : other).take('take'));
      expect(taken.filter((value) => value === 'ticket')).toHaveLength(1);
      expect(await other.read('take')).toBeUndefined();
    });

    test('counts twenty at once to twenty', async () => {
      const sums = await twenty((n) => (n % 2 ? kv : other).count('count', 60));
      expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });

    test('keeps an index of members', async () => {
      for (const member of ['a', 'b', 'c', 'a']) await kv.join('index', member, 60);
      await other.leave('index', 'b');
      expect((await kv.members('index')).toSorted()).toEqual(['a', 'c']);
      expect(await kv.members('index:none')).toEqual([]);
    });

    test('ends every life when its time is over: as set, as swapped, by the first count and by the longest member', async () => {
      await Promise.all([kv.set('short', 'x', 1), kv.set('spent', 'x', 1), kv.set('swapped', 'x', 60)]);
      await Promise.all([kv.set('long', 'x', 60), kv.count('sum', 1), kv.join('short:index', 'm', 1)]);
      await kv.spend('spent');
      await kv.swap('swapped', (await kv.read('swapped'))!.version, 'y', 1);
      await kv.join('long:index', 'long', 60);
      await kv.join('long:index', 'short', 1);
      await wait(600);
      await kv.count('sum', 1);
      await wait(600);
      const entries = await other.readMany(['short', 'spent', 'swapped', 'long']);
      expect(entries.map((entry) => entry?.value)).toEqual([undefined, undefined, undefined, 'x']);
      expect(await kv.count('sum', 60)).toBe(1);
      expect(await kv.members('short:index')).toEqual([]);
      expect(await kv.members('long:index')).toHaveLength(2);
      expect(await kv.add('short', 'again', 60)).toBe(true);
    });

    test('deletes', async () => {
      await kv.set('delete', 'x', 60);
      await other.delete('delete');
      expect(await other.read('delete')).toBeUndefined();
    });

    test('answers a ping', async () => {
      expect(await kv.ping()).toBe(true);
    });
  });
}
