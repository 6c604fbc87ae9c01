import { mount } from 'svelte';
import App from './App.svelte';
import { speech } from './lib/i18n/index.svelte';
import './styles/base.css';

await speech.start();
mount(App, { target: document.getElementById('app') as HTMLElement });
