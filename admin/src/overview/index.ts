import Icon from '@mui/icons-material/Dashboard';
import type { Area } from '../area.ts';

export const overview: Area = {
  name: 'overview',
  label: 'Overview',
  icon: Icon,
  permission: 'jobs:read',
  pages: { '': () => import('./overview-page.tsx') },
};
