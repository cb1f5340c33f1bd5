package served

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// startRedis starts a real Redis with a password and gives its address. Without the program the test is skipped, or fails
// where brokers are required.
func startRedis(t *testing.T, password string) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("PLIMSOLL_BROKERS") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--requirepass", password, "--save", "", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(10 * time.Second); command(address, "AUTH "+password) != "+OK"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("redis-server does not answer")
		}
	}
	return address
}

// command sends commands and gives the answer to the last.
func command(address string, commands ...string) string {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	_, _ = fmt.Fprint(conn, strings.Join(commands, "\r\n")+"\r\nQUIT\r\n")
	answer := make([]byte, 4096)
	n := 0
	for {
		more, err := conn.Read(answer[n:])
		n += more
		if err != nil {
			break
		}
	}
	lines := strings.Split(strings.TrimSpace(string(answer[:n])), "\r\n")
	return lines[max(0, len(lines)-2)]
}
