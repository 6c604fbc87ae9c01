/** The draft as plain text, one field a line, for pasting into another system. */
import { DRAFT_FIELDS, type DraftFieldName, type DraftText } from './api/contract';

export function draftAsText(draft: DraftText, label: (field: DraftFieldName | 'description') => string): string {
  const lines = DRAFT_FIELDS.flatMap((field) => {
    const value = draft.fields[field]?.value;
    return value ? [`${label(field)}: ${value}`] : [];
  });
  return draft.text ? [...lines, `${label('description')}: ${draft.text}`].join('\n') : lines.join('\n');
}
