{{/* The settings of the service. A variable is expanded where it stands before; so POD_NAMESPACE comes first. */}}
{{- define "hone.environment" -}}
{{- if .Values.clusterAuth }}
- name: HONE_SERVE_CLUSTER_AUTH
  value: "true"
{{- end }}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: HONE_DATA
  value: /data/hone
- name: HONE_SERVE_RUNNER
  value: kubernetes
- name: HONE_SERVE_COLLECTOR_IMAGE
  value: {{ include "hone.image" (dict "image" .Values.collector.image "root" .) }}
{{- if ne .Values.collector.image.pullPolicy "IfNotPresent" }}
- name: HONE_SERVE_COLLECTOR_PULL_POLICY
  value: {{ .Values.collector.image.pullPolicy }}
{{- end }}
- name: HONE_SERVE_LISTEN
  value: ":7070"
- name: HONE_SERVE_URL
  value: {{ default (printf "http://%s.$(POD_NAMESPACE).svc:%v" (include "hone.fullname" .) .Values.service.port) .Values.url }}
- name: HONE_SERVE_ALLOWED_HOSTS
  value: {{ include "hone.hosts" . }}
- name: HONE_SERVE_LEASE
  value: $(POD_NAMESPACE)/{{ include "hone.fullname" . }}
- name: HONE_SERVE_TOKEN_FILE
  value: {{ if .Values.adminToken.existingSecret }}/etc/hone/admin/token{{ else }}/data/admin.token{{ end }}
- name: HONE_SERVE_LOG_FORMAT
  value: json
{{- with .Values.goMemoryLimit }}
- name: GOMEMLIMIT # nine tenths of the memory limit
  value: {{ . }}
{{- end }}
{{- with .Values.watchNamespaces }}
- name: HONE_SERVE_WATCH_NAMESPACES
  value: {{ join "," . }}
{{- end }}
{{- range $key, $value := .Values.settings }}
- name: HONE_SERVE_{{ $key | snakecase | upper }}
  value: {{ include "hone.text" $value | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A setting as text. Numbers of a values file arrive as floating-point ones, and would get an exponent. */}}
{{- define "hone.text" -}}
{{- if kindIs "slice" . }}
{{- join "," . }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) }}
{{- int64 . }}
{{- else }}
{{- . }}
{{- end }}
{{- end }}
