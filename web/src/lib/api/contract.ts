/** The documents of the HTTP contract, as the server sends them. */

export type Status = 'accepted' | 'running' | 'completed' | 'failed' | 'cancelled';
export type Stage = 'queued' | 'decoding' | 'embedding' | 'searching' | 'comparing' | 'describing' | 'done';
export type VerdictKind = 'same_photograph' | 'same_object' | 'similar' | 'distant';
export type Translations<Text> = Readonly<Record<string, Text | undefined>>;

export const TEXT_FIELDS = [
  'name',
  'description',
  'typology',
  'period',
  'materials',
  'technique',
  'dimensions',
  'place',
  'museum',
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** A part of the upright picture in fractions 0..1 of its width and height. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Filters {
  readonly typology?: string | null;
  readonly museum?: string | null;
}

export interface RecordImage {
  readonly id: number;
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
}

export interface CatalogueRecord {
  readonly id: number;
  readonly external_id: string;
  readonly inventory_no: string;
  readonly kp_no: string;
  readonly name: string;
  readonly description: string;
  readonly typology: string;
  readonly authors: readonly string[];
  readonly period: string;
  readonly year_from: number | null;
  readonly year_to: number | null;
  readonly materials: string;
  readonly technique: string;
  readonly dimensions: string;
  readonly place: string;
  readonly museum: string;
  readonly translations: Translations<Partial<Record<TextField, string>>>;
  readonly images: readonly RecordImage[];
  readonly withdrawn: boolean;
  readonly revision: number;
  /** How it was found, where records were searched by a text. */
  readonly found_by?: 'words' | 'meaning';
}

/** Points that agree: query x, y and match x, y in fractions 0..1 of the two whole pictures. */
export type AgreeingPoint = readonly [number, number, number, number];

export interface Evidence {
  readonly inliers: number;
  readonly points: readonly AgreeingPoint[];
}

export interface Match {
  readonly record: CatalogueRecord;
  readonly image_id: number;
  readonly image_url: string;
  readonly similarity: number;
  readonly score: number;
  readonly verdict: VerdictKind;
  readonly false_positive_rate: number | null;
  readonly evidence?: Evidence | null;
}

export interface NamedClass {
  readonly name: string;
  readonly translations: Translations<string>;
  readonly probability: number;
}

export interface ClassVerdict extends NamedClass {
  readonly alternatives: readonly NamedClass[];
}

export const DRAFT_FIELDS = [
  'name',
  'typology',
  'authors',
  'period',
  'materials',
  'technique',
  'dimensions',
  'place',
  'museum',
] as const;
export type DraftFieldName = (typeof DRAFT_FIELDS)[number];

export interface DraftItem {
  readonly value: string;
  readonly sources: readonly number[];
}

export interface DraftField extends DraftItem {
  readonly support: number;
  readonly count: number;
  /** What the value lists, each with its own sources; results of earlier versions have none. */
  readonly items?: readonly DraftItem[];
}

export interface DraftText {
  readonly text: string;
  readonly text_source: number | null;
  readonly fields: Partial<Record<DraftFieldName, DraftField>>;
}

export interface DescriptionDraft extends DraftText {
  readonly translations?: Translations<DraftText>;
}

export interface SearchResult {
  readonly class: ClassVerdict | null;
  readonly class_missing: string | null;
  readonly description: DescriptionDraft;
  readonly nothing_similar: boolean;
  readonly matches: readonly Match[];
  readonly model_id: string;
  readonly snapshot: string;
}

export interface FieldProblem {
  readonly field: string;
  /** Counts the photographs of an upload, where one of them is meant. */
  readonly index?: number;
  readonly code?: string;
  readonly detail: string;
}

export interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly FieldProblem[];
}

export interface SearchSummary {
  readonly id: string;
  readonly batch_id: string;
  readonly status: Status;
  readonly stage: Stage;
  readonly queue_position: number | null;
  readonly filename: string;
  readonly image_url: string;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly region: Region | null;
  readonly top_k: number;
  readonly filters: Filters | null;
  readonly geometric_check: boolean;
  readonly error: Problem | null;
}

export interface SearchDocument extends SearchSummary {
  readonly result: SearchResult | null;
}

export interface BatchDocument {
  readonly id: string;
  readonly searches: readonly SearchSummary[];
}

export interface Accepted {
  readonly batch_id: string;
  readonly events_url: string;
  readonly searches: readonly { readonly id: string; readonly batch_id: string }[];
}

export interface RecordPage {
  readonly records: readonly CatalogueRecord[];
  readonly next_cursor: string | null;
  /** Why a text was not looked for by meaning, a code; a list without a text has none. */
  readonly meaning_missing?: string | null;
}

export interface CatalogueStatus {
  readonly records: number;
  readonly images: number;
  readonly model_id: string;
  readonly snapshot: string | null;
  readonly classifier: {
    readonly accuracy: number;
    readonly balanced_accuracy: number;
    readonly macro_f1: number;
    readonly classes: number | readonly string[];
  } | null;
  readonly classifier_missing: string | null;
  readonly typologies: readonly {
    readonly name: string;
    readonly translations?: Translations<string>;
    readonly count: number;
  }[];
  readonly museums: readonly { readonly name: string; readonly count: number }[];
  readonly max_upload_bytes: number;
  /** All photographs of one upload together. */
  readonly max_batch_bytes?: number;
  readonly max_files: number;
}

export interface StageEvent {
  readonly search_id: string;
  readonly batch_id: string;
  readonly sequence: number;
  readonly stage: Stage;
  readonly status: Status;
  readonly at: string;
  readonly problem: Problem | null;
}

export interface QueueEvent {
  readonly search_id: string;
  readonly queue_position: number | null;
  readonly expected_wait_s: number | null;
}
