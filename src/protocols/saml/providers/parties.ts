import type { Application } from '../../../domain/application.ts';
import type { Options } from './options.ts';
import type { ServiceProvider } from './provider.ts';

/** A service provider that may ask: the application it is to the engine, its metadata, and how its administrator wants it treated. */
export interface Party {
  readonly application: Application;
  readonly provider: ServiceProvider;
  readonly options: Options;
}

/** Everybody who may ask. Answers from memory: whoever signs in never waits for metadata. */
export interface Parties {
  /** Undefined for whoever is unknown, disabled, or whose metadata has run out. */
  byEntityId(entityId: string): Party | undefined;
  byApplication(id: string): Party | undefined;
}
