// The parts that screens are built from; docs/guides/admin-console.md shows them in use.
export { ActionButton } from './action-button.tsx';
export { BrowserText } from './browser-text.tsx';
export { DataTable, ListTable } from './data-table.tsx';
export type { Column } from './data-table.tsx';
export { Facts, Section } from './facts.tsx';
export { FormDialog } from './form-dialog.tsx';
export { FormField } from './form-field.tsx';
export { CreatePage, EditPage } from './forms.tsx';
export { List, ListPage, Loading, Pending } from './list-page.tsx';
export { Page } from './page.tsx';
export { ProblemAlert } from './problem-alert.tsx';
export { Tabs } from './tabs.tsx';
export { copiedText, CopyableText, copyText, Muted, StatusChip, TimeText } from './texts.tsx';
export { JsonText } from './json-text.tsx';
export { Progress } from './progress.tsx';
export { saveFile } from './save-file.ts';
export { TimeInput } from './time-input.tsx';
export { durationText } from './duration.ts';
