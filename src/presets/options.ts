/** What every preset wants to know of the practice. */
export interface PresetOptions {
  /** The practice's IANA zone. */
  readonly zone: string;
  /** Zones of locations that lie elsewhere, by their ids. */
  readonly zones?: Readonly<Record<string, string>>;
}

/** What is the same for all of them. */
export function placed({ zone, zones }: PresetOptions): PresetOptions {
  return { zone, ...(zones && { zones }) };
}
