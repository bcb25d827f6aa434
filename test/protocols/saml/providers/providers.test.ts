/** Knowing service providers over time: applications come and go, URLs fail, aggregates end, servers start again. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '../../../../src/domain/application.ts';
import { readAggregate } from '../../../../src/protocols/saml/providers/aggregate.ts';
import type { Download } from '../../../../src/protocols/saml/providers/download.ts';
import type { DeclaredFederation } from '../../../../src/protocols/saml/providers/federation.ts';
import { Providers } from '../../../../src/protocols/saml/providers/providers.ts';
import { MetadataError } from '../../../../src/protocols/saml/providers/record.ts';
import { inThread } from '../../../../src/protocols/saml/providers/thread.ts';
import { certificateOf, entityIdOf, generateAggregate, makeSigner, type Signer } from '../../../support/aggregate.ts';
import { type Pair, pair } from '../../../support/saml-keys.ts';
import { metadataOf } from '../../../support/saml-metadata.ts';
import { signedMetadata } from '../../../support/signed-metadata.ts';

const start = Date.UTC(2026, 10, 22);
const hour = 3_600_000;
const day = 24 * hour;

let folder: string;
let signer: Signer;
let now: number;
/** What lies at each URL; absent: the server is away. */
let web: Map<string, string>;
let asked: string[];
let due: { at: number; call: () => void }[];
let warned: { about: Record<string, unknown>; words: string }[];
let applications: Application[];
let running: Providers[];

beforeAll(() => {
  signer = makeSigner();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stile-providers-'));
  now = start;
  download = fromWeb;
  [web, asked, due, warned, applications, running] = [new Map(), [], [], [], [], []];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  rmSync(folder, { recursive: true });
});

let download: Download;
const fromWeb: Download = async ({ url, to, unless }) => {
  asked.push(url);
  const text = web.get(url);
  if (text === undefined) throw new MetadataError(`${url} answers 503`);
  if (unless?.etag === text) return undefined;
  writeFileSync(to, text);
  return { etag: text };
};

async function open(federations: DeclaredFederation[] = [], read = readAggregate, settled = true) {
  const providers = new Providers({
    catalogue: { all: () => applications },
    federations,
    folder: join(folder, 'metadata'),
    read,
    download,
    clock: {
      now: () => now,
      chance: () => 0.5,
      later(ms, call) {
        const one = { at: now + ms, call };
        due.push(one);
        return () => due.splice(due.indexOf(one) >>> 0, 1);
      },
    },
    log: { warn: (about, words) => warned.push({ about: about as Record<string, unknown>, words }), info: () => {} },
  });
  running.push(providers);
  await providers.start();
  if (settled) await providers.settled();
  return providers;
}

/** Lets so much time pass, and everything that is due in it happen. */
async function pass(ms: number): Promise<void> {
  const end = now + ms;
  for (;;) {
    const [next] = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    if (!next) break;
    due.splice(due.indexOf(next), 1);
    now = next.at;
    next.call();
    for (const one of running) await one.settled();
  }
  now = end;
}

const pay = 'https://pay.example/saml';
const url = 'https://pay.example/metadata';
const metadata = (entityId = pay, more: Partial<Parameters<typeof metadataOf>[0]> = {}) =>
  metadataOf({ entityId, consumers: [{ location: `${entityId}/acs` }], ...more });
const application = (id: string, settings: Record<string, unknown>, more: Partial<Application> = {}): Application => ({
  ...{ id, name: id, protocol: 'saml', thirdParty: false, settings, disabled: false },
  ...more,
});
const acsOf = (providers: Providers, entityId = pay) =>
  providers.byEntityId(entityId)?.provider.assertionConsumers[0]?.location;

describe('an application', () => {
  test('is known by its entityID and its id, with its options', async () => {
    applications = [application('pay', { metadata: metadata(), sign: 'response', idp_initiated: true })];
    const providers = await open();
    expect(providers.byEntityId(pay)).toMatchObject({
      application: { id: 'pay' },
      provider: { entityId: pay },
      options: { sign: 'response', encrypt: 'auto', idpInitiated: true },
    });
    expect(providers.byApplication('pay')).toBe(providers.byEntityId(pay));
    expect(providers.byEntityId('pay')).toBeUndefined();
    expect(providers.byApplication(pay)).toBeUndefined();
    // The catalogue tells of it; this tells of those it does not have.
    expect(providers.application('pay')).toBeUndefined();
  });

  test('that another node changed, added or took away is followed', async () => {
    applications = [application('pay', { metadata: metadata() })];
    const providers = await open();
    applications = [
      application('pay', { metadata: metadata(pay, { authnRequestsSigned: true }) }),
      application('hr', { metadata: metadata('https://hr.example/saml') }),
    ];
    providers.follow();
    expect(providers.byEntityId(pay)?.provider.authnRequestsSigned).toBe(true);
    expect(providers.byApplication('hr')).toBeDefined();
    applications = [application('hr', { metadata: metadata('https://hr.example/saml') }, { disabled: true })];
    providers.follow();
    expect(providers.byEntityId(pay)).toBeUndefined();
    expect(providers.byApplication('hr')).toBeUndefined();
  });

  test('of another protocol is none of ours', async () => {
    applications = [application('wiki', { metadata: metadata() }, { protocol: 'oidc' })];
    expect((await open()).byEntityId(pay)).toBeUndefined();
  });

  test('is unknown from the moment its metadata ends', async () => {
    applications = [application('pay', { metadata: metadata(pay, { validUntil: new Date(start + hour) }) })];
    const standing = { name: 'pay', renewed: false, ends: start + hour, failures: 0 };
    const providers = await open();
    expect(providers.byEntityId(pay)).toBeDefined();
    expect(providers.standing()).toEqual([standing]);
    now += hour;
    expect(providers.byEntityId(pay)).toBeUndefined();
    expect(providers.byApplication('pay')).toBeUndefined();
  });

  test('with metadata nobody can read costs the others nothing, and is told of', async () => {
    applications = [application('bad', { metadata: '<a/>' }), application('pay', { metadata: metadata() })];
    const providers = await open();
    expect(providers.byEntityId(pay)).toBeDefined();
    expect(warned).toEqual([
      { about: { application: 'bad', why: expect.stringMatching(/no SAML 2\.0 metadata/) }, words: expect.anything() },
    ]);
  });

  test.each([{ accept_sha1: true }, { signature_algorithm: 'rsa-sha1' }])(
    'that says %o is warned about',
    async (old) => {
      applications = [application('pay', { metadata: metadata(), ...old })];
      await open();
      expect(warned).toEqual([{ about: { application: 'pay' }, words: expect.stringMatching(/SHA-1/) }]);
    },
  );
});

test('assertions that are always encrypted, and no key for it, are warned about', async () => {
  applications = [application('pay', { metadata: metadata(), encrypt: 'always' })];
  await open();
  expect(warned).toEqual([{ about: { application: 'pay' }, words: expect.stringMatching(/no key for that/) }]);
});

describe('metadata at a URL', () => {
  const fromUrl = (more: object = {}) => application('pay', { metadata_url: url, ...more });

  test('is fetched at the start and again, and what changed is known', async () => {
    web.set(url, metadata());
    applications = [fromUrl()];
    const providers = await open();
    expect(acsOf(providers)).toBe(`${pay}/acs`);
    web.set(url, metadata().replace('/acs"', '/acs2"'));
    await pass(2 * hour);
    expect(acsOf(providers)).toBe(`${pay}/acs2`);
  });

  test('that is away at the start is known when it comes', async () => {
    applications = [fromUrl()];
    const providers = await open();
    expect(providers.byEntityId(pay)).toBeUndefined();
    expect(warned[0]).toMatchObject({ about: { application: 'pay', why: `${url} answers 503` } });
    web.set(url, metadata());
    await pass(5 * 60_000);
    expect(acsOf(providers)).toBeDefined();
  });

  test('that goes away, or spoils, is known by its last good copy', async () => {
    web.set(url, metadata());
    applications = [fromUrl()];
    const providers = await open();
    for (const text of [undefined, '<html>', metadata('https://thief.example/saml')]) {
      if (text === undefined) web.delete(url);
      else web.set(url, text);
      await pass(3 * hour);
      expect(acsOf(providers)).toBeDefined();
      expect(warned.at(-1)?.words).toMatch(/the last good copy stays/);
    }
    expect(providers.byEntityId('https://thief.example/saml')).toBeUndefined();
  });

  test('survives a start without the network, until it ends', async () => {
    web.set(url, metadata(pay, { validUntil: new Date(start + day) }));
    applications = [fromUrl()];
    await (await open()).stop();
    web.clear();
    now += hour;
    const again = await open();
    expect(acsOf(again)).toBeDefined();
    await pass(day);
    expect(acsOf(again)).toBeUndefined();
    expect(acsOf(await open())).toBeUndefined();
  });

  test('is not fetched again after a start when it is the same', async () => {
    web.set(url, metadata());
    applications = [fromUrl()];
    await (await open()).stop();
    const names = readdirSync(join(folder, 'metadata'));
    expect(names).toEqual([expect.stringMatching(/^application-pay-[0-9a-f]{16}\.xml$/), `${names[0]}.mark`]);
    writeFileSync(join(folder, 'metadata', `${names[0]}.mark`), 'half a mark');
    await (await open()).stop();
    expect(JSON.parse(readFileSync(join(folder, 'metadata', `${names[0]}.mark`), 'utf8'))).toEqual({
      etag: metadata(),
    });
  });

  test('kept for one URL says nothing of another', async () => {
    web.set(url, metadata());
    applications = [fromUrl()];
    await (await open()).stop();
    applications = [application('pay', { metadata_url: 'https://moved.example/metadata' })];
    expect(acsOf(await open())).toBeUndefined();
  });

  test('is for whom entity_id says, alone', async () => {
    web.set(url, metadata('https://thief.example/saml'));
    applications = [fromUrl({ entity_id: pay })];
    const providers = await open();
    expect(providers.byApplication('pay')).toBeUndefined();
    expect(warned[0]?.about.why).toMatch(/about https:\/\/thief\.example\/saml, and not about/);
  });

  test('with a pinned certificate has to be signed', async () => {
    web.set(url, metadata());
    applications = [fromUrl({ signing_cert: signer.certificate })];
    expect((await open()).byEntityId(pay)).toBeUndefined();
    expect(warned[0]?.about.why).toMatch(/not signed/);
  });

  test('never takes the name of an application whose metadata stands in the configuration', async () => {
    web.set(url, metadata().replace('/acs"', '/thief"'));
    applications = [fromUrl({}), application('zoo', { metadata: metadata() })];
    expect((await open()).byEntityId(pay)?.application.id).toBe('zoo');
  });

  test('never takes the name of another one that was known by it first', async () => {
    web.set(url, metadata());
    applications = [application('zoo', { metadata_url: url })];
    const providers = await open();
    // Comes before it by its id, and is about somebody else from the first.
    web.set('https://thief.example/', metadata().replace('/acs"', '/thief"'));
    applications = [application('ape', { metadata_url: 'https://thief.example/' }), ...applications];
    providers.follow();
    await providers.settled();
    expect(providers.byEntityId(pay)?.application.id).toBe('zoo');
    expect(warned.at(-1)?.about).toMatchObject({ application: 'ape', why: expect.stringMatching(/as that of zoo is/) });
    await providers.stop();
    expect((await open()).byEntityId(pay)?.application.id).toBe('zoo');
  });
});

describe('a federation', () => {
  const at = 'https://mds.northfold.example/all.xml';
  const federation = (more: Partial<DeclaredFederation> = {}): DeclaredFederation => ({
    ...{ id: 'northfold', url: at, certificates: signer.certificate, thirdParty: true, settings: {} },
    ...more,
  });
  const aggregate = (count = 3, lasts = 5 * day) => [...generateAggregate(count, { signer, now, lasts })].join('');

  test('makes applications of its service providers: third parties that get no attributes', async () => {
    web.set(at, aggregate());
    const providers = await open([federation()]);
    expect(providers.application(entityIdOf(2))).toEqual({
      id: entityIdOf(2),
      name: 'Service 2',
      protocol: 'saml',
      thirdParty: true,
      settings: {},
      disabled: false,
    });
    const party = providers.byEntityId(entityIdOf(2));
    expect(party).toMatchObject({ options: { attributes: [] } });
    expect(providers.byApplication(entityIdOf(2))).toBe(party);
    expect(party?.provider.signingKeys[0]?.asymmetricKeyType).toBe('rsa');
    expect(providers.byEntityId(entityIdOf(3))).toBeUndefined();
  });

  test('gives them what its defaults say', async () => {
    web.set(at, aggregate());
    const settings = { profile: 'saml2int', attributes: 'eduperson' };
    const providers = await open([federation({ settings, thirdParty: false, groups: ['Staff'] })]);
    expect(providers.byEntityId(entityIdOf(0))).toMatchObject({
      application: { thirdParty: false, groups: ['Staff'] },
      options: { encrypt: 'always' },
    });
    expect(providers.byEntityId(entityIdOf(0))?.options.attributes).toHaveLength(4);
  });

  test('gives way to an application that declares the same entityID, even when that has ended', async () => {
    web.set(at, aggregate());
    const own = metadata(entityIdOf(1), { validUntil: new Date(start + hour) });
    applications = [application('own', { metadata: own }, { groups: ['Finance'] })];
    const providers = await open([federation()]);
    expect(providers.byEntityId(entityIdOf(1))?.application.id).toBe('own');
    expect(providers.application(entityIdOf(1))).toBeUndefined();
    now += hour;
    expect(providers.byEntityId(entityIdOf(1))).toBeUndefined();
    expect(providers.byEntityId(entityIdOf(0))).toBeDefined();
  });

  test.each([
    ['in the configuration', (own: string) => ({ metadata: own })],
    ['kept from a URL', () => ({ metadata_url: url })],
  ])('gives way to it after a start as well, its metadata %s', async (_where, settings) => {
    const own = metadata(entityIdOf(1), { validUntil: new Date(start + hour) });
    web.set(at, aggregate());
    web.set(url, own);
    applications = [application('own', settings(own), { groups: ['Finance'] })];
    await (await open([federation()])).stop();
    web.delete(url);
    now += hour;
    const providers = await open([federation()]);
    expect(providers.byEntityId(entityIdOf(0))).toBeDefined();
    expect(providers.byEntityId(entityIdOf(1))).toBeUndefined();
    expect(providers.application(entityIdOf(1))).toBeUndefined();
  });

  describe('before another one', () => {
    const second = () => federation({ id: 'other', url: 'https://other.example/', groups: ['Everyone'] });
    beforeEach(() => {
      web.set(at, aggregate(1));
      web.set('https://other.example/', aggregate(2));
    });
    const idsOf = (providers: Providers, i: number) => providers.application(entityIdOf(i))?.groups;

    test('is waited for: who comes second does not speak for its members while it is read', async () => {
      let go = () => {};
      const read = new Promise<void>((resolve) => {
        go = resolve;
      });
      download = async (wanted) => {
        if (wanted.url === at) await read;
        return fromWeb(wanted);
      };
      const providers = await open([federation(), second()], readAggregate, false);
      const kept = () => readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.mark'));
      while (!kept()) await new Promise(setImmediate);
      expect(providers.byEntityId(entityIdOf(0))).toBeUndefined();
      go();
      await providers.settled();
      expect(idsOf(providers, 0)).toBeUndefined();
      expect(providers.byEntityId(entityIdOf(0))).toBeDefined();
      expect(idsOf(providers, 1)).toEqual(['Everyone']);
    });

    test('keeps its members when its copy has ended; those it never had are known', async () => {
      web.set(at, aggregate(1, hour));
      const providers = await open([federation(), second()]);
      web.delete(at);
      now += hour;
      expect(providers.byEntityId(entityIdOf(0))).toBeUndefined();
      expect(idsOf(providers, 1)).toEqual(['Everyone']);
    });

    test('that is away from the first keeps nobody waiting', async () => {
      web.delete(at);
      expect(idsOf(await open([federation(), second()]), 0)).toEqual(['Everyone']);
    });
  });

  test('does not go back to what it published before: somebody may have been taken out of it since', async () => {
    const before = aggregate(3);
    now += hour;
    web.set(at, aggregate(2));
    const providers = await open([federation()]);
    web.set(at, before);
    await pass(day);
    expect(providers.byEntityId(entityIdOf(2))).toBeUndefined();
    expect(warned.at(-1)?.about.why).toMatch(/older than the copy/);
    web.set(at, aggregate(3));
    await pass(day);
    expect(providers.byEntityId(entityIdOf(2))).toBeDefined();
  });

  test('of two that know the same the first is asked', async () => {
    web.set(at, aggregate());
    web.set('https://other.example/', aggregate());
    const other = federation({ id: 'other', url: 'https://other.example/', thirdParty: false });
    expect((await open([other, federation()])).application(entityIdOf(0))?.thirdParty).toBe(false);
  });

  test('keeps its last good copy while newer ones are forged, until that ends', async () => {
    web.set(at, aggregate());
    const providers = await open([federation()]);
    const forged = Buffer.from(aggregate(4));
    forged[forged.length >> 1] = (forged[forged.length >> 1] as number) ^ 1;
    web.set(at, forged.toString('latin1'));
    await pass(2 * day);
    expect(warned.at(-1)).toMatchObject({
      about: { federation: 'northfold', why: expect.stringMatching(/digest differs|./) },
      words: 'metadata could not be renewed: the last good copy stays until 2026-11-27T00:00:00.000Z',
    });
    expect(providers.byEntityId(entityIdOf(2))).toBeDefined();
    expect(providers.byEntityId(entityIdOf(3))).toBeUndefined();
    const [standing] = providers.standing();
    expect(standing).toMatchObject({ name: 'federation northfold', renewed: true, ends: Date.UTC(2026, 10, 27) });
    expect(standing?.failures).toBeGreaterThan(1);
    await pass(3 * day + 2 * hour);
    expect(providers.byEntityId(entityIdOf(2))).toBeUndefined();
    expect(warned.at(-1)?.words).toMatch(/nobody is known by it/);
  });

  test('renews itself before it ends', async () => {
    web.set(at, aggregate());
    const providers = await open([federation()]);
    const ends = () => providers.standing()[0]?.ends as number;
    const first = ends();
    for (let i = 0; i < 9; i++) {
      web.set(at, aggregate());
      await pass(day);
      expect(providers.byEntityId(entityIdOf(0))).toBeDefined();
    }
    expect(warned).toEqual([]);
    expect(ends()).toBeGreaterThan(first);
    expect(providers.standing()[0]?.failures).toBe(0);
  });

  test('survives a start without the network, its signature checked again', async () => {
    web.set(at, aggregate());
    await (await open([federation()])).stop();
    web.clear();
    const again = await open([federation()]);
    expect(again.byEntityId(entityIdOf(0))).toBeDefined();
    await again.stop();
    const [name = ''] = readdirSync(join(folder, 'metadata')).filter((one) => one.endsWith('.xml'));
    const kept = join(folder, 'metadata', name);
    writeFileSync(kept, readFileSync(kept, 'utf8').replace('sp0.northfold.example/acs', 'thief.example/acs'));
    expect((await open([federation()])).byEntityId(entityIdOf(0))).toBeUndefined();
    expect(warned.some(({ about }) => /digest differs/.test(String(about.why)))).toBe(true);
  });

  test('in a file is read again when the file is another', async () => {
    const file = join(folder, 'all.xml');
    writeFileSync(file, aggregate(1));
    const { url: _, ...local } = federation({ file });
    const providers = await open([local]);
    expect(providers.byEntityId(entityIdOf(1))).toBeUndefined();
    writeFileSync(file, aggregate(2));
    await pass(90_000);
    expect(providers.byEntityId(entityIdOf(1))).toBeDefined();
  });

  test.each([
    ['not signed', () => aggregate().replace(/<ds:Signature.*<\/ds:Signature>/s, ''), /not signed/],
    ['by another signer', () => [...generateAggregate(1, { signer: makeSigner(), now })].join(''), /not of a key/],
    ['good for too long', () => aggregate(1, 29 * day), /more than 28 days/],
    ['over', () => aggregate(1, -hour), /was valid until/],
  ])('that is %s is not used', async (_what, text, why) => {
    web.set(at, text());
    const providers = await open([federation()]);
    expect(providers.byEntityId(entityIdOf(0))).toBeUndefined();
    expect(warned[0]?.about.why).toMatch(why);
  });

  describe('does not speak', () => {
    let by: Pair;
    beforeAll(() => {
      by = pair('campus');
    });
    /** Knows what a federation of these entities makes of them. */
    const among = async (...entities: string[]) => {
      const until = new Date(now + day).toISOString();
      const root = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_all" validUntil="${until}">`;
      web.set(at, signedMetadata(`${root}${entities.join('')}</md:EntitiesDescriptor>`, { by }));
      return open([federation({ certificates: by.certificate })]);
    };

    test('for a name that could be the id of an application', async () => {
      const providers = await among(
        metadata(),
        metadata('wiki', { consumers: [{ location: 'https://wiki.example' }] }),
      );
      expect(providers.byEntityId(pay)).toBeDefined();
      expect(providers.byEntityId('wiki')).toBeUndefined();
      expect(providers.application('wiki')).toBeUndefined();
    });

    test('for addresses that are not https', async () => {
      const providers = await among(metadata(pay, { consumers: [{ location: 'http://pay.example/acs' }] }));
      expect(providers.byEntityId(pay)).toBeUndefined();
    });

    test('for an entity that has ended before the rest', async () => {
      const providers = await among(metadata(pay, { validUntil: new Date(start + hour) }));
      expect(providers.byEntityId(pay)).toBeDefined();
      now += hour;
      expect(providers.byEntityId(pay)).toBeUndefined();
    });

    test('with keys of a time gone by', async () => {
      const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
      const weak = { ...by, base64: certificateOf(short, 'short') };
      const providers = await among(metadata(pay, { signing: [weak] }));
      expect(providers.byEntityId(pay)?.provider.signingKeys).toEqual([]);
    });

    test('when it is one entity and no aggregate', async () => {
      web.set(at, signedMetadata(metadata().replace('entityID', 'ID="_one" entityID'), { by }));
      await open([federation({ certificates: by.certificate })]);
      expect(warned[0]?.about.why).toBe('it is about one entity: declare it under applications');
    });
  });

  test('whose bytes are no UTF-8 is not read', async () => {
    const path = join(folder, 'latin1.xml');
    writeFileSync(path, Buffer.from(aggregate().replace('ü', 'u\u00fc'), 'latin1'));
    await expect(readAggregate({ path, certificates: signer.certificate, now })).rejects.toThrow('it is not UTF-8');
  });

  test('that names more than is kept of one is not read to its end', async () => {
    const path = join(folder, 'many.xml');
    writeFileSync(path, aggregate());
    const job = { path, certificates: signer.certificate, now };
    await expect(readAggregate({ ...job, most: 1000 })).rejects.toThrow('it names more than is kept');
    expect((await readAggregate(job)).records.length).toBeGreaterThan(1000);
  });

  test('is read in a thread of its own, as the server does it', async () => {
    web.set(at, aggregate(300));
    const thread = inThread(join(import.meta.dirname, '../../../../dist/metadata-worker.js'));
    const providers = await open([federation()], thread);
    expect(providers.byEntityId(entityIdOf(299))?.provider.signingKeys).toHaveLength(2);
    web.set(at, aggregate(300).replace('Service 7', 'Service 8'));
    await pass(7 * hour);
    expect(warned[0]?.about.why).toBe('it is not what was signed: its digest differs');
  });
});

describe('the folder of copies', () => {
  const old = new Date(start - 200 * day);
  const put = (name: string, at = old) => {
    mkdirSync(join(folder, 'metadata'), { recursive: true });
    writeFileSync(join(folder, 'metadata', name), metadata());
    utimesSync(join(folder, 'metadata', name), at, at);
  };

  test('loses what a crash and removed applications left, and nothing else', async () => {
    web.set(url, metadata());
    applications = [application('pay', { metadata_url: url })];
    await (await open()).stop();
    const [kept = '', mark = ''] = readdirSync(join(folder, 'metadata'));
    for (const name of [kept, mark, 'application-gone-0.xml', 'application-gone-0.xml.1.part', 'note.txt']) put(name);
    put('application-lately-0.xml', new Date(start - day));
    web.clear();
    await open();
    expect(readdirSync(join(folder, 'metadata')).sort()).toEqual(
      [kept, mark, 'application-lately-0.xml', 'note.txt'].sort(),
    );
  });
});

test('who stops does not wait for a server that does not answer', async () => {
  applications = [application('pay', { metadata_url: url })];
  const asking = new Promise<AbortSignal>((resolve) => {
    download = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
        resolve(signal as AbortSignal);
      });
  });
  const providers = await open([], readAggregate, false);
  const signal = await asking;
  await providers.stop();
  expect(signal.aborted).toBe(true);
  expect(warned).toEqual([]);
});
