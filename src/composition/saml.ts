/** SAML put together: its keys, whom it knows, and the room. A part of the composition root. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Recorder } from '../audit/event.ts';
import type { Config } from '../config.ts';
import { download } from '../protocols/saml/providers/download.ts';
import { Providers } from '../protocols/saml/providers/providers.ts';
import { clock } from '../protocols/saml/providers/source.ts';
import { inThread } from '../protocols/saml/providers/thread.ts';
import type { Catalogue } from '../store/catalogue.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import { openSamlKeys } from './keys.ts';

/** Nobody waits for metadata from elsewhere: whoever is not known yet gets a page that says so. */
export async function openSaml(
  config: Pick<Config, 'issuer' | 'saml' | 'federations' | 'dataDir'>,
  parts: {
    readonly catalogue: Catalogue;
    readonly signingKeys: SigningKeys;
    readonly recorder: Recorder;
    readonly log: Logger;
    readonly now: () => number;
  },
) {
  const { catalogue, signingKeys, recorder, log, now } = parts;
  const keys = await openSamlKeys(config, { signingKeys, recorder, log, now });
  const providers = new Providers({
    catalogue,
    federations: config.federations,
    folder: join(config.dataDir, 'metadata'),
    read: inThread(join(import.meta.dirname, '..', '..', 'dist', 'metadata-worker.js')),
    download,
    clock,
    log,
  });
  await providers.start();
  catalogue.watch(() => providers.follow());
  return {
    keys,
    providers,
    async stop() {
      keys.stop();
      await providers.stop();
    },
  };
}
