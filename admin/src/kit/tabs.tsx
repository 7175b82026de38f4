import { Box, Tab, Tabs as MuiTabs } from '@mui/material';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';

interface TabsProps {
  /** Of the tabs, for screen readers. */
  readonly label: string;
  /** The first one is shown until another is chosen; a tab is read when it is shown. */
  readonly tabs: readonly { readonly name: string; readonly label: string; readonly content: () => ReactNode }[];
}

/** Parts of a page of which one is shown; the URL names it, so that a reload and the back button keep it. */
export function Tabs({ label, tabs }: TabsProps): ReactNode {
  const [parameters, setParameters] = useSearchParams();
  const current = tabs.find(({ name }) => name === parameters.get('tab')) ?? tabs[0];
  if (current === undefined) return null;
  return (
    <>
      <MuiTabs
        value={current.name}
        onChange={(_, name: string) => {
          setParameters({ tab: name }, { replace: true });
        }}
        variant="scrollable"
        allowScrollButtonsMobile
        aria-label={label}
        sx={{ mb: 2, borderBottom: 1, borderColor: 'divider' }}
      >
        {tabs.map((tab) => (
          <Tab key={tab.name} value={tab.name} label={tab.label} id={`tab-${tab.name}`} aria-controls="tab-panel" />
        ))}
      </MuiTabs>
      <Box role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current.name}`} key={current.name}>
        {current.content()}
      </Box>
    </>
  );
}
