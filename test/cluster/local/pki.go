package local

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs certificates. Its own lies as <name>.crt and <name>.key in the folder pki.
type authority struct {
	dir, name string
	cert      *x509.Certificate
	key       crypto.Signer
	rsa       bool
}

// lifetime of all certificates. Trainer replaces what has less than 90 days left.
const lifetime = 2 * 365 * 24 * time.Hour

// newAuthority makes an authority or reads the one that is there.
func newAuthority(dir, name string, useRSA bool, names ...string) (*authority, error) {
	a := &authority{dir: dir, name: name, rsa: useRSA}
	certPEM, certErr := os.ReadFile(a.file(name + ".crt"))
	keyPEM, keyErr := os.ReadFile(a.file(name + ".key"))
	if certErr == nil && keyErr == nil {
		return a, a.parse(certPEM, keyPEM)
	}
	key, err := a.newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	a.cert, a.key = template, key
	if err := a.issue(template, key, name); err != nil {
		return nil, err
	}
	certPEM, err = os.ReadFile(a.file(name + ".crt"))
	if err != nil {
		return nil, err
	}
	return a, a.parse(certPEM, encodeKey(key))
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) parse(certPEM, keyPEM []byte) (err error) {
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return fmt.Errorf("%s is damaged: take the cluster down and up again", a.file(a.name+".crt"))
	}
	if a.cert, err = x509.ParseCertificate(certBlock.Bytes); err != nil {
		return err
	}
	if a.rsa {
		a.key, err = x509.ParsePKCS1PrivateKey(keyBlock.Bytes)
	} else {
		a.key, err = x509.ParseECPrivateKey(keyBlock.Bytes)
	}
	return err
}

// certificate makes NAME.crt and NAME.key for a user, or with addresses for a server too, unless they are there.
func (a *authority) certificate(name, user string, groups []string, hosts ...string) error {
	if present(a.dir, []string{name + ".crt", name + ".key"}) {
		return nil
	}
	key, err := a.newKey()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return a.issue(template, key, name)
}

func (a *authority) newKey() (crypto.Signer, error) {
	if a.rsa {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func (a *authority) issue(template *x509.Certificate, key crypto.Signer, name string) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(lifetime)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	if err := writeFile(a.file(name+".key"), encodeKey(key)); err != nil {
		return err
	}
	return writeFile(a.file(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func encodeKey(key crypto.Signer) []byte {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		if err == nil {
			return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
		}
	}
	return nil
}

// credentials makes all certificates and kubeconfigs of the cluster.
func (c *Cluster) credentials() error {
	pki := c.path("pki")
	store, err := newAuthority(c.path("pki", "etcd"), "ca", false)
	if err != nil {
		return err
	}
	if err := store.certificate("etcd", "etcd", nil, "127.0.0.1"); err != nil {
		return err
	}
	ca, err := newAuthority(pki, "ca", false)
	if err != nil {
		return err
	}
	// The key pair that signs the tokens of service accounts.
	if _, err := newAuthority(pki, "service-accounts", false); err != nil {
		return err
	}
	hosts := []string{c.host(), "127.0.0.1", c.serviceIP(1), "localhost", "kubernetes", "kubernetes.default",
		"kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	masters := []string{"system:masters"}
	for _, user := range []struct {
		file, name string
		groups     []string
		hosts      []string
	}{
		{"apiserver", "kube-apiserver", nil, hosts},
		{"apiserver-kubelet", "kube-apiserver-kubelet-client", masters, nil},
		{"admin", "admin", masters, nil},
		{"kube-controller-manager", "system:kube-controller-manager", nil, nil},
		{"kube-scheduler", "system:kube-scheduler", nil, nil},
		{"kube-proxy", "system:kube-proxy", nil, nil},
		{"coredns", "coredns", masters, nil},
		{"kubelet", "system:node:" + nodeName, []string{"system:nodes"}, []string{c.host(), "127.0.0.1", nodeName}},
	} {
		if err := ca.certificate(user.file, user.name, user.groups, user.hosts...); err != nil {
			return err
		}
		if user.file == "apiserver" || user.file == "apiserver-kubelet" {
			continue
		}
		if err := c.writeKubeconfig(user.file); err != nil {
			return err
		}
	}
	return nil
}
