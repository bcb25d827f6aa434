/** What renewing an aggregate of 60 MB costs a process that already knows it: memory, time, and how long others wait. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSigner, writeAggregate } from '../../support/aggregate.ts';
import { type Results, result } from '../result.ts';

interface Told {
  readonly before: number;
  readonly loading: { readonly peak: number; readonly seconds: number; readonly still: number };
  readonly renewing: { readonly peak: number; readonly seconds: number; readonly still: number };
  readonly known: number;
  readonly warnings: readonly object[];
}

const rounds = 3;

export async function renewal(): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'stile-bench-renewal-'));
  try {
    const signer = makeSigner();
    const [file, certificate] = [join(folder, 'all.xml'), join(folder, 'signer.pem')];
    writeFileSync(certificate, signer.certificate);
    await writeAggregate(file, 10_000, { signer, now: Date.now() });
    const all: Told[] = [];
    // From the second round on the first load finds a copy kept: the dearest start there is.
    for (let i = 0; i < rounds; i++) all.push(await round(file, certificate, join(folder, 'kept')));
    const peaks = all.map(({ before, loading, renewing }) => Math.max(loading.peak, renewing.peak) - before);
    return {
      'P12.saml.renewal.rss': result(peaks, { goal: 300, unit: 'MiB', note: 'more at the peak, loading and renewing' }),
      'P12.saml.renewal': result(
        all.map(({ renewing }) => renewing.seconds),
        { unit: 's', note: 'in a thread of its own' },
      ),
      'P12.saml.renewal.still': result(
        all.map(({ renewing }) => renewing.still),
        { unit: 'ms', note: 'the longest nobody else was served meanwhile' },
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function round(file: string, certificate: string, kept: string): Promise<Told> {
  const args = ['--import', './test/support/typescript.mjs', 'test/bench/metadata-server.ts', file, certificate, kept];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  const told = JSON.parse(text) as Told;
  if (told.known === 0) throw new Error(`the aggregate was not read: ${JSON.stringify(told.warnings)}`);
  return told;
}
