import Icon from '@mui/icons-material/ManageAccounts';
import type { Area } from '../area.ts';

export const account: Area = {
  name: 'account',
  label: 'Your account',
  icon: Icon,
  own: true,
  pages: { '': () => import('./account-page.tsx') },
};
