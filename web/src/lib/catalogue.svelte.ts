import { api } from './api/client';
import type { CatalogueStatus } from './api/contract';
import { patiently } from './api/patience';

/** What the catalogue holds and accepts. */
class Catalogue {
  status = $state.raw<CatalogueStatus | null>(null);
  #asking = false;

  /** Asks again while nothing is known, or there was nothing: it may be indexed by now. */
  async learn(): Promise<void> {
    if (this.#asking || this.status?.records) return;
    this.#asking = true;
    this.status = await patiently(() => api.catalogue()).catch(() => this.status);
    this.#asking = false;
  }
}

export const catalogue = new Catalogue();
