{{- define "hone.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's name, with the chart's behind it unless it is in there. */}}
{{- define "hone.fullname" -}}
{{- $name := include "hone.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "hone.selector" -}}
app.kubernetes.io/name: {{ include "hone.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hone.labels" -}}
{{ include "hone.selector" . }}
app.kubernetes.io/part-of: hone
{{- end }}

{{- define "hone.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "hone.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* An image by its parts: (dict "image" … "root" $) */}}
{{- define "hone.image" -}}
{{- $path := .image.repository }}
{{- if .image.registry }}{{ $path = printf "%s/%s" .image.registry .image.repository }}{{ end }}
{{- if .image.digest }}
{{- printf "%s@%s" $path .image.digest }}
{{- else }}
{{- printf "%s:%s" $path (default .root.Chart.AppVersion .image.tag) }}
{{- end }}
{{- end }}

{{/* The names by which clients may call the service. */}}
{{- define "hone.hosts" -}}
{{- $name := include "hone.fullname" . }}
{{- $hosts := list $name (printf "%s.$(POD_NAMESPACE)" $name) (printf "%s.$(POD_NAMESPACE).svc" $name) (printf "%s.$(POD_NAMESPACE).svc.cluster.local" $name) }}
{{- if and .Values.ingress.enabled .Values.ingress.host }}{{ $hosts = append $hosts .Values.ingress.host }}{{ end }}
{{- concat $hosts .Values.allowedHosts | join "," }}
{{- end }}
