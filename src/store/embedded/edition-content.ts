import { MODALITIES, type Modality } from '../../media/media.ts';
import type { AttributeType } from '../vector-store.ts';
import type { Database } from './database.ts';
import { findEdition, needEdition, readVersion } from './edition-table.ts';
import { type ItemRow, readItemsSince, readSegments, toItemRecord } from './item-rows.ts';
import { createItemTable, type ItemTable, type TableItem } from './item-table.ts';
import { createSegmentTable, type SegmentTable } from './segment-table.ts';

/** The items and segments of one modality. */
export interface ModalityContent {
  items: ItemTable;
  segments: SegmentTable;
}

/** One edition in memory. */
export interface EditionContent {
  readonly bundleId: string;
  readonly modalities: Readonly<Record<Modality, ModalityContent>>;
  readonly attributes: readonly AttributeType[];
  /** Another number whenever a segment came or went. */
  readonly segmentsVersion: number;
  find(itemId: string): { modality: Modality; item: TableItem } | undefined;
  /**
   * Takes over what was committed since the last call, by whichever process, in one read transaction. An edition
   * that was dropped stays as it was, until its bundle is the current one again. IntegrityError where there has
   * not been one yet.
   */
  refresh(): void;
}

export function createEditionContent(database: Database, bundleId: string): EditionContent {
  let modalities = createModalities();
  let attributes: readonly AttributeType[] = [];
  let edition: number | null = null;
  let version = 0;
  let segmentsVersion = 0;
  let dataVersion: number | null = null;

  const find = (itemId: string) => {
    for (const modality of MODALITIES) {
      const item = modalities[modality].items.find(itemId);
      if (item) return { modality, item };
    }
    return undefined;
  };

  const removeRows = (modality: Modality, item: TableItem) => {
    for (const row of item.rows) modalities[modality].segments.remove(row);
    segmentsVersion++;
  };

  const remove = (itemId: string) => {
    const found = find(itemId);
    if (!found) return;
    removeRows(found.modality, found.item);
    modalities[found.modality].items.remove(itemId);
  };

  const put = (row: ItemRow) => {
    const record = toItemRecord(row);
    const { items, segments } = modalities[record.modality];
    const held = items.find(row.id);
    if (held && row.segments_version <= version) {
      items.put({ record, rows: held.rows });
      return;
    }
    remove(row.id);
    const item: TableItem = { record, rows: [] };
    const slot = items.put(item);
    for (const segment of readSegments(database, row.key)) item.rows.push(segments.add(slot, segment));
    segmentsVersion++;
  };

  const pull = () => {
    const row = edition === null ? needEdition(database, bundleId) : findEdition(database, bundleId);
    if (!row || (edition !== null && row.key !== edition && row.is_current === 0)) return;
    if (row.key !== edition) {
      modalities = createModalities();
      segmentsVersion++;
      edition = row.key;
      version = 0;
      reserve(database, edition, modalities);
    }
    attributes = JSON.parse(row.attributes);
    const committed = readVersion(database);
    const deleted = database.all<{ item_id: string }>(
      'SELECT item_id FROM tombstones WHERE edition = ? AND version > ?',
      edition,
      version,
    );
    for (const { item_id } of deleted) remove(item_id);
    for (const item of readItemsSince(database, edition, version)) put(item);
    version = committed;
  };

  return {
    bundleId,
    get modalities() {
      return modalities;
    },
    get attributes() {
      return attributes;
    },
    get segmentsVersion() {
      return segmentsVersion;
    },
    find,
    refresh() {
      const seen = database.dataVersion();
      if (seen === dataVersion) return;
      database.snapshot(pull);
      dataVersion = seen;
    },
  };
}

function createModalities(): Record<Modality, ModalityContent> {
  const create = () => ({ items: createItemTable(), segments: createSegmentTable() });
  return { MUSIC: create(), VIDEO: create() };
}

/** Room for what is there and a quarter more; what is not filled costs no memory. */
function reserve(database: Database, edition: number, modalities: Record<Modality, ModalityContent>): void {
  const counts = database.all<{ modality: Modality; rows: number }>(
    `SELECT modality, count(*) AS rows FROM items JOIN segments ON segments.item = items.key
     WHERE edition = ? GROUP BY modality`,
    edition,
  );
  for (const { modality, rows } of counts) modalities[modality].segments.reserve(Math.ceil(rows * 1.25));
}
