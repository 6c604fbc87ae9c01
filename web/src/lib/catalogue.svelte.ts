import { api } from './api/client';
import type { CatalogueStatus } from './api/contract';

/** What the catalogue holds and accepts; asked for once a visit. */
class Catalogue {
  status = $state.raw<CatalogueStatus | null>(null);

  async load(): Promise<void> {
    this.status = await api.catalogue().catch(() => this.status);
  }
}

export const catalogue = new Catalogue();
