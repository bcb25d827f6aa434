/** P12 for SAML: what ten thousand service providers in one signed aggregate of 60 MB cost, per request and in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { entityIdOf, makeSigner, writeAggregate } from '../../support/aggregate.ts';
import { median, type Results, result } from '../result.ts';
import { memoryOf } from '../servers.ts';
import { startOurs } from './stile.ts';
import { type IdentityProvider, SamlVisitor } from './visitor.ts';

const [few, many] = [20, 10_000] as const;
const rounds = 15;
const each = 60;
const warmUp = 400;
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

export async function growth(): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'stile-bench-federation-'));
  const running: IdentityProvider[] = [];
  try {
    const signer = makeSigner();
    writeFileSync(join(folder, 'signer.pem'), signer.certificate);
    const seen = [];
    for (const count of [few, many]) {
      const file = join(folder, `${count}.xml`);
      await writeAggregate(file, count, { signer, now: Date.now() });
      const began = performance.now();
      const idp = await startOurs({ federations: [federation(file, join(folder, 'signer.pem'))] });
      running.push(idp);
      const visitor = new SamlVisitor(idp.sso, await idp.signIn());
      await known(visitor, count);
      const loaded = (performance.now() - began) / 1000;
      for (let i = 0; i < warmUp; i++) await visit(visitor, count);
      seen.push({ count, visitor, loaded, peak: memoryOf(idp.pids()[0] as number).peak, medians: [] as number[] });
    }
    const [handful, all] = seen as [(typeof seen)[0], (typeof seen)[0]];
    for (let round = 0; round < rounds; round++)
      for (const each of round % 2 === 0 ? [handful, all] : [all, handful]) each.medians.push(await halfTime(each));
    for (const { visitor } of seen) visitor.leave();
    const ratios = all.medians.map((ms, i) => ms / (handful.medians[i] as number));
    return {
      'P12.saml.p50': result(ratios, {
        goal: 1.2,
        unit: 'x few',
        note: `a request where ${many} service providers are known, and where ${few} are`,
      }),
      'P12.saml.rss': result([all.peak - handful.peak], {
        goal: 300,
        unit: 'MiB',
        note: 'more at the peak, to load 60 MB',
      }),
      'P12.saml.load': result([all.loaded - handful.loaded], {
        unit: 's',
        note: 'later known, from the start of the process',
      }),
    };
  } finally {
    await Promise.all(running.map((idp) => idp.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

const federation = (file: string, certificate: string) => ({
  ...{ id: 'bench', metadata_file: file, signing_cert_file: certificate },
  // As the other measures have it: two signatures, nothing encrypted, nothing asked.
  defaults: { third_party: false, sign: 'both', encrypt: 'never', attributes: 'basic' },
});

const party = (i: number) => ({
  ...{ entityId: entityIdOf(i), acs: `https://sp${i}.northfold.example/acs`, format: transient },
});

/** The same person at one of twenty, spread over all there are: a session remembers whom it answered. */
const visit = (visitor: SamlVisitor, count: number) =>
  visitor.visit(party(Math.floor(Math.random() * few) * (count / few)));

/** Resolves when the last of them may ask: the server answers before it has read an aggregate. */
async function known(visitor: SamlVisitor, count: number): Promise<void> {
  for (const began = performance.now(); ; await wait(100)) {
    try {
      await visitor.visit(party(count - 1));
      return;
    } catch (error) {
      if (performance.now() - began > 60_000) throw error;
    }
  }
}

/** The median of some requests, one after another, in milliseconds. */
async function halfTime({ visitor, count }: { visitor: SamlVisitor; count: number }): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < each; i++) {
    const began = performance.now();
    await visit(visitor, count);
    times.push(performance.now() - began);
  }
  return median(times);
}
