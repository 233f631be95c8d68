import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { createApiClient } from './api/client.ts';
import { startHeartbeat } from './api/server.ts';
import { watchVisibility } from './api/visibility.ts';
import { App } from './app.tsx';
import './ui/base.css';

watchVisibility();
startHeartbeat();

const place = document.getElementById('root');
if (!place) throw new Error('The page has no place for the store.');
createRoot(place).render(
  <StrictMode>
    <Provider value={createApiClient()}>
      <App />
    </Provider>
  </StrictMode>,
);
