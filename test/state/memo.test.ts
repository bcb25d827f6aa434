import type { Kv } from '../../src/state/kv.ts';
import { MemoKv, requestScope } from '../../src/state/memo.ts';
import { MemoryKv } from '../../src/state/memory.ts';

describe('the memo of one request', () => {
  let asked: string[];
  let behind: MemoryKv;
  let kv: Kv;

  beforeEach(async () => {
    asked = [];
    behind = new MemoryKv();
    await behind.set('a', 'one', 60);
    const read = behind.read.bind(behind);
    behind.read = (key) => {
      asked.push(key);
      return read(key);
    };
    behind.readMany = async (keys) => {
      asked.push(keys.join('+'));
      return Promise.all(keys.map(read));
    };
    kv = new MemoKv(behind);
  });
  afterEach(() => kv.close());

  const inRequest = <T>(act: () => Promise<T>) => requestScope.run(new Map(), act);

  test('reads a key once, also what is absent, also at once', async () => {
    await inRequest(async () => {
      await Promise.all([kv.read('a'), kv.read('a'), kv.read('none')]);
      expect((await kv.read('a'))?.value).toBe('one');
      expect(await kv.read('none')).toBeUndefined();
    });
    expect(asked).toEqual(['a', 'none']);
  });

  test('remembers nothing from one request to the next, or outside of any', async () => {
    await inRequest(() => kv.read('a'));
    await behind.set('a', 'two', 60);
    expect(await inRequest(async () => (await kv.read('a'))?.value)).toBe('two');
    await kv.read('a');
    await kv.read('a');
    expect(asked).toEqual(['a', 'a', 'a', 'a']);
  });

  test('fetches ahead by readMany, asking only for what is missing', async () => {
    await inRequest(async () => {
      await kv.read('a');
      await kv.readMany(['a', 'b', 'c']);
      await Promise.all([kv.read('b'), kv.read('c'), kv.readMany(['c', 'a'])]);
    });
    expect(asked).toEqual(['a', 'b+c']);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['set', () => kv.set('a', 'two', 60)],
    ['take', () => kv.take('a')],
    ['delete', () => kv.delete('a')],
    ['a swap that wins', async () => kv.swap('a', (await behind.read('a'))!.version, 'two', 60)],
    ['a swap that loses', () => kv.swap('a', 'stale', 'two', 60)],
  ])('forgets a key on %s', async (_verb, write) => {
    await inRequest(async () => {
      await kv.read('a');
      await write();
      asked = [];
      await kv.read('a');
    });
    expect(asked).toEqual(['a']);
  });

  test('does not remember a read that overtook a write', async () => {
    await inRequest(async () => {
      const set = behind.set.bind(behind);
      behind.set = async (...args) => {
        await kv.read('a');
        await set(...args);
      };
      await kv.set('a', 'two', 60);
      expect((await kv.read('a'))?.value).toBe('two');
    });
  });

  test('does not remember a read that failed', async () => {
    await inRequest(async () => {
      const { read } = behind;
      behind.read = () => Promise.reject(new Error('away'));
      await expect(kv.read('a')).rejects.toThrow('away');
      behind.read = read;
      expect((await kv.read('a'))?.value).toBe('one');
    });
  });

  test('never remembers a count or a spending', async () => {
    await inRequest(async () => {
      expect([await kv.count('n', 60), await kv.count('n', 60)]).toEqual([1, 2]);
      expect([(await kv.spend('a'))?.first, (await kv.spend('a'))?.first]).toEqual([true, false]);
    });
  });
});
