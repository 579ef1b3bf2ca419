// A car that is being chosen from the catalogue: brand, model, year, trim.

import { Problem, must, type Schemas } from '../../api/client.ts';
import { Deed } from '../../api/deed.ts';
import { app } from '../../app.svelte.ts';
import { latinDigits } from '../../room/index.ts';
import { findBrands } from '../brands.ts';

const SHOWN = 12;
const VIN_LENGTH = 17;
const http = app.api.http;
const bare = (vin: string) => latinDigits(vin).replace(/[\s-]/g, '').toUpperCase();

export class CarDraft {
  brand = $state<Schemas['BrandBody'] | null>(null);
  model = $state<Schemas['ModelBody'] | null>(null);
  trims = $state<Schemas['TrimBody'][]>([]);
  trim = $state<Schemas['TrimBody'] | null>(null);
  year = $state('');
  vin = $state('');
  name = $state('');
  /** What the VIN tells, once it is whole. */
  read = $state.raw<Schemas['VinBody'] | null>(null);
  /** Why what was typed is no VIN. */
  vinFault = $state<string | null>(null);
  #making = new Deed<Schemas['VehicleInput']>();

  readonly years = $derived.by(() => {
    if (!this.model) return [];
    const last = this.model.year_to ?? new Date().getFullYear() + 1;
    return Array.from({ length: Math.max(0, last - this.model.year_from + 1) }, (_, n) => last - n);
  });
  /** As far as it is known. */
  readonly title = $derived([this.model?.name, this.year].filter(Boolean).join(' '));

  /** Takes the VIN as far as it is typed; a whole one chooses the brand, and the year once the model is known. */
  takeVin = async (typed: string): Promise<void> => {
    this.vin = typed;
    this.read = this.vinFault = null;
    const vin = bare(typed);
    if (vin.length !== VIN_LENGTH) return;
    try {
      const read = await must(http.GET('/api/v1/catalog/vin/{vin}', { params: { path: { vin } } }));
      if (bare(this.vin) !== vin) return;
      this.read = read;
      if (this.model) this.#takeYear();
      else if (read.maker?.brand_id && this.brand?.id !== read.maker.brand_id) {
        const found = (await findBrands(read.maker.brands[0] ?? '')).find((one) => one.id === read.maker?.brand_id);
        if (found && bare(this.vin) === vin) this.takeBrand(found);
      }
    } catch (error) {
      if (bare(this.vin) === vin) this.vinFault = error instanceof Problem ? (error.body.errors?.[0]?.message ?? app.problem(error)) : app.t('unknownError');
    }
  };

  #takeYear(): void {
    const year = this.read?.years.find((one) => this.years.includes(one));
    if (year !== undefined) this.year = String(year);
  }

  /** What was chosen and typed so far, and the same again. */
  get typed() {
    const { brand, model, trims, trim, year, vin, name } = this;
    return { brand, model, trims, trim, year, vin, name };
  }
  set typed(typed) {
    Object.assign(this, typed);
  }

  models = async (q: string) => (this.brand ? (await must(http.GET('/api/v1/catalog/brands/{id}/models', {
    params: { path: { id: this.brand.id }, query: { limit: SHOWN, sort: 'common', ...(q ? { q } : {}) } },
  }))).data : []);

  /** A model has few trims, so they are searched here, in both languages. */
  someTrims = async (q: string) => {
    const wanted = q.trim().toLowerCase();
    return this.trims.filter(({ name_ar, name_en }) => name_ar.includes(wanted) || name_en.toLowerCase().includes(wanted));
  };

  takeBrand = (one: Schemas['BrandBody'] | null): void => {
    this.brand = one;
    void this.takeModel(null);
  };

  takeModel = async (one: Schemas['ModelBody'] | null): Promise<void> => {
    this.model = one;
    this.trims = [];
    this.trim = null;
    this.year = '';
    if (!one) return;
    this.#takeYear();
    const found = await must(http.GET('/api/v1/catalog/models/{id}/trims', { params: { path: { id: one.id } } })).then((list) => list.data).catch(() => []);
    if (this.model?.id === one.id) this.trims = found;
  };

  /** What is missing, by field. */
  faults(): Record<string, string> {
    const missing = !this.brand ? 'brand' : !this.model ? 'model' : !this.year ? 'year' : null;
    return missing ? { [missing]: app.t('pickCar') } : {};
  }

  /** Adds it to one's cars. */
  make(): Promise<Schemas['VehicleBody']> {
    return this.#making.run({
      brand_id: this.brand!.id, model_id: this.model!.id, year: Number(this.year), ...(this.trim ? { trim_id: this.trim.id } : {}),
      ...(this.vin.trim() ? { vin: bare(this.vin) } : {}), ...(this.name.trim() ? { custom_name: this.name.trim() } : {}),
    }, (call) => must(http.POST('/api/v1/users/vehicles', call)));
  }
}
